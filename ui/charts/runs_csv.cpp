#include "ui/charts/runs_csv.h"

#include "core/base/atomic_file.h"

#include <charconv>
#include <deque>
#include <map>

namespace attune::ui {

namespace {

constexpr size_t kBlock = size_t(1) << 20;
constexpr size_t kBetweenLooks = 4096; // steps between two looks at the stop token

/// The steps of one run that still count after its resumes.
class Steps : public api::EventSink {
public:
  struct Row {
    double time;
    api::StepMetrics metrics;
  };
  explicit Steps(std::function<void(size_t)> read) : m_read(std::move(read)) {}
  void push(const api::RunEvent &event) override {
    if (const auto *metrics = std::get_if<api::StepMetrics>(&event.body)) {
      rows.push_back({event.time, *metrics});
      if (rows.size() % kBetweenLooks == 0) m_read(rows.size());
    } else if (const auto *eval = std::get_if<api::EvalResult>(&event.body)) {
      evals[eval->step] = eval->loss;
    } else if (const auto *resumed = std::get_if<api::Resumed>(&event.body)) {
      while (!rows.empty() && rows.back().metrics.step > resumed->fromStep) rows.pop_back();
      evals.erase(evals.upper_bound(resumed->fromStep), evals.end());
    }
  }

  std::deque<Row> rows;
  std::map<int64_t, double> evals;

private:
  std::function<void(size_t)> m_read;
};

class CsvText {
public:
  CsvText &operator<<(std::string_view text) {
    m_text += text;
    return *this;
  }
  CsvText &operator<<(int64_t value) { return *this << std::string_view(std::to_string(value)); }
  CsvText &operator<<(double value) { // without the locale's comma
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 10).ptr;
    return *this << std::string_view(digits, static_cast<size_t>(end - digits));
  }
  template <typename T> CsvText &operator<<(const std::optional<T> &value) { return value ? *this << *value : *this; }
  Status writeTo(AtomicFile &file) {
    const Status status = file.write(std::string_view(m_text));
    m_text.clear();
    return status;
  }
  size_t size() const { return m_text.size(); }

private:
  std::string m_text;
};

/// In quotes, and no formula for a spreadsheet.
std::string quoted(QString name) {
  name.replace(QLatin1Char('"'), QLatin1String("\"\""));
  if (!name.isEmpty() && QStringLiteral("=+-@").contains(name.front())) name.prepend(QLatin1Char('\''));
  return '"' + name.toStdString() + '"';
}

} // namespace

Status writeRunsCsv(const std::string &path, const std::vector<ExportedRun> &runs, api::RunStore &store, const StopToken &stop,
                    const std::function<void(double)> &progress) {
  ATTUNE_TRY(AtomicFile file, AtomicFile::create(path));
  size_t before = 0, all = 1; // of the work: each step is read, then written
  for (const ExportedRun &run : runs) all += 2 * run.steps;
  const auto tell = [&](size_t steps) { progress(std::min(1.0, static_cast<double>(before + steps) / static_cast<double>(all))); };
  CsvText text;
  text << "run,step,time,loss,eval_loss,lr,grad_norm,tokens,trained_tokens,tokens_per_second,seconds,"
          "device_bytes,device_peak_bytes,host_bytes,host_peak_bytes\n";
  for (const ExportedRun &run : runs) {
    Steps steps(tell);
    ATTUNE_CHECK(store.replay(run.folder, steps, stop));
    if (steps.rows.empty()) return Error{ErrorCode::FileNotFound, "The run has no steps on disk.", run.folder, ""};
    before += run.steps;
    const std::string name = quoted(run.name);
    for (size_t i = 0; i < steps.rows.size(); ++i) {
      if (i % kBetweenLooks == 0) {
        if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "The export was cancelled.", path, ""};
        tell(i);
      }
      const auto &[time, step] = steps.rows[i];
      const auto eval = steps.evals.find(step.step);
      char seconds[40];
      const auto end = std::to_chars(seconds, seconds + sizeof seconds, time, std::chars_format::fixed, 3).ptr;
      text << name << "," << step.step << "," << std::string_view(seconds, static_cast<size_t>(end - seconds)) << "," << step.loss << ",";
      if (eval != steps.evals.end()) text << eval->second;
      text << "," << step.lr << "," << step.gradNorm << "," << step.tokens << "," << step.trainedTokens << "," << step.tokensPerSecond
           << "," << step.seconds << "," << step.memory.deviceBytes << "," << step.memory.devicePeakBytes << "," << step.memory.hostBytes
           << "," << step.memory.hostPeakBytes << "\n";
      if (text.size() >= kBlock) ATTUNE_CHECK(text.writeTo(file));
    }
    before += run.steps;
  }
  ATTUNE_CHECK(text.writeTo(file));
  return file.commit();
}

} // namespace attune::ui
