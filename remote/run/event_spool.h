// RUN/events.jsonl: the lines of the worker's file as they come, byte for byte, with ours between them, which end in
// "local":true; so the file alone tells how much of the other one lies here. Passes events on to the live sink, but for
// run_finished: an attempt's end is not the run's. Locked as long as the object lives, as a run that writes. One thread.
// Fails with IoFailed and the fault LOCAL-FULL; Usage when another process writes the run.
#pragma once

#include "core/api/event_sink.h"
#include "remote/run/file_tail.h"

#include <memory>
#include <optional>
#include <string>

namespace attune::remote {

class EventSpool : public TailStore {
public:
  static Result<std::unique_ptr<EventSpool>> open(const std::string &runFolder, std::shared_ptr<api::EventSink> sink);
  ~EventSpool() override;

  /// An event of ours, to the file and to the sink.
  Status add(const api::RunEventBody &body);
  /// To the sink alone.
  void push(const api::RunEvent &event) { m_sink->push(event); }
  /// The worker's run_finished, where nothing of the worker's came after it.
  const std::optional<api::RunEvent> &workersEnd() const { return m_end; }
  /// The last run_finished in the file, the worker's or ours.
  const std::optional<api::RunEvent> &recordedEnd() const { return m_recordedEnd; }
  bool endedByUs() const { return m_endedByUs; }
  int64_t lastStep() const { return m_step; }
  int64_t lastCheckpoint() const { return m_checkpoint; } // its step; 0 = none
  /// False once a line was too long to be one of events.
  bool readable() const { return m_readable; }

  uint64_t offset() const override { return m_bytes + m_partial.size(); }
  std::string stored(uint64_t from, size_t length) const override;
  uint64_t lineStart() const override { return m_bytes; }
  Status append(ByteView bytes) override;
  Status rewind() override;
  Status restart() override;

private:
  EventSpool(std::string path, int file, std::shared_ptr<api::EventSink> sink)
      : m_path(std::move(path)), m_file(file), m_sink(std::move(sink)) {}
  Status load();
  void count(std::string_view lines); // of the worker
  void note(const api::RunEvent &event);
  Status write(const std::string &lines);
  Error failed(const char *what) const;

  const std::string m_path;
  const int m_file;
  const std::shared_ptr<api::EventSink> m_sink;
  uint64_t m_bytes = 0;       // of the worker's whole lines
  std::string m_partial;      // and the line that has no end yet
  std::string m_head, m_tail; // the first and last bytes of those lines
  bool m_readable = true;
  std::optional<api::RunEvent> m_end, m_recordedEnd;
  bool m_endedByUs = false; // and nothing came since
  int64_t m_step = 0, m_checkpoint = 0;
};

} // namespace attune::remote
