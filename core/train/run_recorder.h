// Stamps events with seq and time, appends them to events.jsonl and log.txt, and passes them on to the live sink.
// Flushed to disk at checkpoints, state changes, start and end, and at least once a second. Job thread.
// push() never fails; status() tells whether everything so far could be written.
#pragma once

#include "core/api/event_sink.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/train/run_folder.h"

#include <memory>
#include <string>

namespace attune::core {

class RunRecorder : public api::EventSink {
public:
  /// Opens the folder's files for appending; cuts a torn last line of events.jsonl and goes on counting seq.
  /// IoFailed when the files cannot be written or another process is running this run. `next` may be null.
  static Result<std::unique_ptr<RunRecorder>> open(const RunFolder &folder, api::EventSink *next, Clock clock);
  ~RunRecorder() override;
  RunRecorder(const RunRecorder &) = delete;
  RunRecorder &operator=(const RunRecorder &) = delete;

  void push(const api::RunEvent &event) override;
  /// A line for log.txt alone.
  void log(const std::string &text);
  Status status() const { return m_status; }

private:
  RunRecorder(int events, int log, api::EventSink *next, Clock clock)
      : m_events(events), m_log(log), m_next(next), m_clock(std::move(clock)) {}
  void append(int fd, const std::string &line, const char *name);
  void flush();

  int m_events;
  int m_log;
  api::EventSink *m_next;
  Clock m_clock;
  int64_t m_seq = 0;
  double m_lastFlush = 0;
  Status m_status;
};

} // namespace attune::core
