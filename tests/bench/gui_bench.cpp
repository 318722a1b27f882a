// Figures of the window, offscreen: gui_bench NAME measures one thing and prints its figures, one line of JSON each.
// tests/bench/gui.sh runs them all, each in a process of its own.
#include "app/gui/composition.h"
#include "core/api/event_json.h"
#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "tests/bench/many_rows.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_run_store.h"
#include "ui/charts/metric_chart.h"
#include "ui/models/dataset_table_model.h"
#include "ui/pages/data_page.h"
#include "ui/pages/run_curves.h"
#include "ui/pages/run_log_view.h"
#include "ui/pages/runs_page.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/line_view.h"
#include "ui/widgets/segmented_switch.h"

#include <QApplication>
#include <QDir>
#include <QEventLoop>
#include <QKeyEvent>
#include <QLineEdit>
#include <QScrollBar>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <sys/resource.h>

using namespace attune;
using namespace attune::ui;

namespace {

constexpr int64_t kSteps = 1000000;

void emitFigure(const char *name, double value, const char *unit, double goal) {
  std::printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"goal\":%.6g,\"ok\":%s}\n", name, value, unit, goal,
              value <= goal ? "true" : "false");
  std::fflush(stdout);
}

double monotonic() { // seconds
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Seconds since the epoch, as `date +%s.%N` says them.
double wall() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

double cpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval &time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Measures what the GUI thread does without a pause: events handled one after another, until it has painted or waits, are
/// one frame.
class FrameWatch : public QApplication {
public:
  using QApplication::QApplication;
  static FrameWatch &self() { return *static_cast<FrameWatch *>(instance()); }
  bool notify(QObject *receiver, QEvent *event) override {
    if (m_depth++ == 0) {
      const double now = monotonic();
      if (now - m_end > 2e-4) m_begin = now; // it has waited
    }
    const bool painted = event->type() == QEvent::UpdateRequest; // what came before it is on the screen then
    const bool done = QApplication::notify(receiver, event);
    if (--m_depth == 0) {
      m_end = monotonic();
      m_longest = std::max(m_longest, (m_end - m_begin) * 1e3);
      if (painted) m_begin = m_end;
    }
    return done;
  }
  void restart() { m_longest = 0; }
  double longest() const { return m_longest; } // milliseconds

private:
  int m_depth = 0;
  double m_begin = 0, m_end = 0, m_longest = 0;
};

/// Runs the event loop until `done`, looked at every `wake` milliseconds, or gives up.
bool waitUntil(const std::function<bool()> &done, double seconds, int wake = 5) {
  const double end = wall() + seconds;
  QEventLoop loop;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &loop, [&] {
    if (done() || wall() >= end) loop.quit();
  });
  timer.start(wake);
  if (!done()) loop.exec();
  return done();
}

void turn(double seconds, int wake = 20) {
  waitUntil([] { return false; }, seconds, wake);
}

int64_t residentMib() {
  std::FILE *file = std::fopen("/proc/self/statm", "r");
  long all = 0, resident = 0;
  if (!file || std::fscanf(file, "%ld %ld", &all, &resident) != 2) resident = 0;
  if (file) std::fclose(file);
  return resident * sysconf(_SC_PAGESIZE) >> 20;
}

struct Studio {
  QTemporaryDir folder;
  app::Composition composition;
  test::FakeEngine fake;
  Services services = composition.services();
  Preferences preferences;
  Appearance appearance;
  std::unique_ptr<MainWindow> window;

  explicit Studio(bool realEngine = false) : Studio(QString(), realEngine) {}
  /// In a workspace that stays, unless its path is empty.
  explicit Studio(const QString &workspace, bool realEngine = true)
      : composition(workspace.isEmpty() ? folder.path() : workspace, QCoreApplication::applicationDirPath(), 0) {
    preferences.language = QStringLiteral("en");
    preferences.theme = ThemeChoice::Light;
    appearance.apply(preferences);
    if (!realEngine) services.openEngine = [this]() -> Result<api::Engine *> { return &fake; };
  }
  void open(QSize size = {1920, 1080}) {
    window = std::make_unique<MainWindow>(services, appearance, preferences);
    window->resize(size);
    window->show();
  }
};

/// A run of a million steps, as the recorder writes it.
std::string writeLongRun(const std::string &workspace) {
  const std::string folder = workspace + "/runs/long";
  api::RunConfig config;
  config.name = "long";
  config.model = "/models/tiny";
  config.dataset = {{"/data/rows.jsonl"}};
  static_cast<void>(makeFolders(folder));
  static_cast<void>(writeFileAtomic(folder + "/run.json", api::runConfigJson(config)));
  std::FILE *file = std::fopen((folder + "/events.jsonl").c_str(), "w");
  const auto put = [&](int64_t seq, api::RunEventBody body) {
    const std::string line = api::eventToJson({seq, 1.79e9 + static_cast<double>(seq) * 0.731, std::move(body)}) + "\n";
    std::fwrite(line.data(), 1, line.size(), file);
  };
  put(1, api::RunStarted{1, kSteps, "cpu", {}});
  uint64_t noise = 88172645463325252ULL;
  for (int64_t step = 1; step <= kSteps; ++step) {
    noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
    const double jitter = static_cast<double>(noise % 100000) / 1e5 - 0.5,
                 progress = static_cast<double>(step) / static_cast<double>(kSteps);
    api::StepMetrics metrics{step,
                             1.2 + 2 * std::exp(-6 * progress) + 0.3 * jitter,
                             2e-4 * (1 - progress),
                             0.4 + 0.2 * jitter,
                             4096,
                             3711,
                             3900 + 200 * jitter,
                             1.04 + 0.1 * jitter,
                             {}};
    metrics.memory = {{}, {}, static_cast<int64_t>(9e9 + 1e8 * jitter), int64_t(9200000000)};
    put(step + 1, metrics);
  }
  put(kSteps + 2, api::RunFinished{api::RunOutcome::Completed, kSteps, {}});
  std::fclose(file);
  return folder;
}

void press(QWidget *widget, Qt::Key key) {
  QKeyEvent down(QEvent::KeyPress, key, Qt::NoModifier);
  QCoreApplication::sendEvent(widget, &down);
}

void longRun() {
  Studio studio;
  const std::string folder = writeLongRun(studio.folder.path().toStdString());
  studio.open();
  waitUntil([&] { return studio.window->runs().known(); }, 30);
  const double listing = monotonic();
  studio.services.runs->list({});
  emitFigure("run_summary", (monotonic() - listing) * 1e3, "ms", 50);

  FrameWatch &frames = FrameWatch::self();
  frames.restart();
  MetricChart *chart = studio.window->runsPage()->curves()->chart();
  const double begin = monotonic();
  studio.window->showRun(QString::fromStdString(folder));
  waitUntil([&] { return !chart->drawnPoints(0).isEmpty() && chart->drawnPoints(0).last().x() >= static_cast<double>(kSteps); }, 60);
  chart->grab();
  emitFigure("run_open_1e6", monotonic() - begin, "s", 2);
  turn(1); // settle: what follows the opening is part of its frames
  emitFigure("run_open_1e6_frame_max", frames.longest(), "ms", 33);
  emitFigure("run_open_1e6_rss", static_cast<double>(residentMib()), "MiB", 600);

  for (int i = 0; i < 8; ++i) press(chart, Qt::Key_Plus);
  turn(0.3);
  std::vector<double> times;
  for (int i = 0; i < 300; ++i) {
    const double from = monotonic();
    press(chart, i % 60 < 30 ? Qt::Key_Right : Qt::Key_Left);
    QCoreApplication::sendPostedEvents(); // layout, then paint
    QCoreApplication::processEvents();
    times.push_back((monotonic() - from) * 1e3);
  }
  std::sort(times.begin(), times.end());
  emitFigure("run_pan_1e6_p50", times[times.size() / 2], "ms", 16.7);
  emitFigure("run_pan_1e6_p99", times[times.size() * 99 / 100], "ms", 16.7);
  emitFigure("run_pan_1e6_max", times.back(), "ms", 33);
}

/// 100,000 lines a second for ten seconds into the log that is in sight, then a search through them.
void logLines() {
  Studio studio;
  studio.fake.steps = 100 * kSteps; // the run does not end meanwhile
  studio.fake.stepsAtOnce = 1200;   // its pushing takes time, too
  studio.fake.stepMilliseconds = 10;
  studio.open();
  waitUntil([&] { return studio.window->runs().known(); }, 30);
  api::RunConfig config;
  config.name = "flood";
  const QString folder = studio.window->runs().requestStart(config);
  studio.window->showRun(folder);
  studio.window->runsPage()->showView(QStringLiteral("log"));
  turn(0.3);
  FrameWatch &frames = FrameWatch::self();
  frames.restart();
  const double begin = monotonic();
  RunModel *run = studio.window->runs().model(folder);
  const size_t from = run->logSize();
  turn(9);
  emitFigure("log_lines_missing", std::max(0.0, 95000 - static_cast<double>(run->logSize() - from) / (monotonic() - begin)), "lines/s", 0);
  emitFigure("log_frame_max", frames.longest(), "ms", 33);
  frames.restart();
  QLineEdit *search = studio.window->runsPage()->logView()->searchField();
  const double searching = monotonic();
  search->setText(QStringLiteral("Step 999,"));
  waitUntil([&] { return studio.window->runsPage()->logView()->searchedAll(); }, 60);
  emitFigure("log_search_frame_max", frames.longest(), "ms", 33);
  emitFigure("log_search", monotonic() - searching, "s", 30);
  studio.window->runs().requestStop(folder);
  waitUntil([&] { return studio.window->runs().active().isEmpty(); }, 30);
}

/// The end of a run of a million steps that are all in the window, its curves in sight.
void runEnds() {
  Studio studio;
  studio.fake.steps = kSteps;
  studio.fake.stepsAtOnce = 1200;
  studio.fake.stepMilliseconds = 10;
  studio.open();
  waitUntil([&] { return studio.window->runs().known(); }, 30);
  api::RunConfig config;
  config.name = "long";
  const QString folder = studio.window->runs().requestStart(config);
  studio.window->showRun(folder);
  const RunModel *run = studio.window->runs().model(folder);
  waitUntil([&] { return run->step() >= kSteps - 100000; }, 120);
  FrameWatch &frames = FrameWatch::self();
  frames.restart();
  waitUntil([&] { return run->step() >= kSteps - 30000; }, 30);
  emitFigure("run_going_1e6_frame_max", frames.longest(), "ms", 33);
  frames.restart();
  waitUntil([&] { return studio.window->runs().active().isEmpty(); }, 30);
  turn(1);
  emitFigure("run_end_1e6_frame_max", frames.longest(), "ms", 33);
}

/// A million rows: until the first screen shows its texts, then pages and jumps while all of them are being tokenised.
void manyRows() {
  Studio studio;
  const std::string path = studio.folder.path().toStdString() + "/rows.jsonl";
  bench::writeManyRows(path, kSteps);
  studio.open();
  studio.window->goTo(Place::Data);
  DataPage &page = *studio.window->dataPage();
  const auto text = [&](int row) { return page.table()->model()->index(row, DatasetTableModel::Text).data().toString(); };
  FrameWatch &frames = FrameWatch::self();
  frames.restart();
  const double begin = monotonic();
  page.openDataset(QString::fromStdString(path));
  waitUntil([&] { return page.table()->model()->rowCount() == kSteps && !text(0).isEmpty() && !text(15).isEmpty(); }, 60, 1);
  page.table()->grab();
  emitFigure("rows_1e6_first_screen", monotonic() - begin, "s", 2);
  turn(0.5);
  emitFigure("rows_1e6_open_frame_max", frames.longest(), "ms", 100);
  frames.restart();
  QScrollBar *bar = page.table()->verticalScrollBar();
  for (int i = 0; i < 400; ++i) { // pages, and every tenth time a jump
    bar->setValue(i % 10 == 9 ? static_cast<int>((i * 7919LL * 131) % bar->maximum()) : bar->value() + bar->pageStep());
    turn(0.016, 4);
  }
  emitFigure("rows_1e6_scroll_frame_max", frames.longest(), "ms", 33);
  emitFigure("rows_1e6_rss", static_cast<double>(residentMib()), "MiB", 500);
  waitUntil([&] { return page.session().survey().has_value(); }, 300, 50);
  emitFigure("rows_1e6_rss_counted", static_cast<double>(residentMib()), "MiB", 500);
}

/// Trains the sample run for `steps` steps with the window on its curves and the real engine, in `workspace`; its speed stands in
/// the run's events, as it does for the command line.
void train(const char *workspace, int64_t steps) {
  Studio studio(QString::fromLocal8Bit(workspace));
  studio.open({1280, 800});
  waitUntil([&] { return studio.window->runs().known(); }, 30);
  auto config = api::loadRunConfig(studio.services.resources + "/presets/tryout.json", {"model=" + studio.services.starterModel});
  if (!config.ok()) std::fprintf(stderr, "%s\n", config.error().text().c_str()), std::exit(1);
  config->maxSteps = steps;
  studio.window->showRun(studio.window->runs().requestStart(*config));
  waitUntil([&] { return studio.window->runs().active().isEmpty(); }, 600, 200);
}

/// What the window costs while a run makes ten steps a second in this process.
void cpuShare() {
  Studio studio;
  studio.fake.steps = kSteps;
  studio.fake.stepMilliseconds = 100;
  studio.open();
  waitUntil([&] { return studio.window->runs().known(); }, 30);
  api::RunConfig config;
  config.name = "slow";
  studio.window->showRun(studio.window->runs().requestStart(config));
  turn(5);
  const double begin = monotonic(), used = cpuSeconds();
  turn(20, 1000);
  emitFigure("window_cpu_share", (cpuSeconds() - used) / (monotonic() - begin) * 100, "% of a core", 3);
  studio.window->runs().requestStop(studio.window->runs().active());
  waitUntil([&] { return studio.window->runs().active().isEmpty(); }, 30);
}

void memory(const char *name, bool engine, double goal) {
  Studio studio(engine);
  if (!engine) studio.services.openEngine = []() -> Result<api::Engine *> { return Error{ErrorCode::IoFailed, "Not now.", "", ""}; };
  studio.open();
  waitUntil([&] { return studio.window->runs().known(); }, 30);
  for (const Place place : kPlaces) {
    studio.window->goTo(place);
    turn(0.3);
  }
  if (engine) turn(15); // libtorch and the look at the device
  emitFigure(name, static_cast<double>(residentMib()), "MiB", goal);
}

/// Tells when the window's first frame has reached the screen's memory.
class FirstPaint : public QObject {
public:
  explicit FirstPaint(double begin) : m_begin(begin) {}
  bool eventFilter(QObject *, QEvent *event) override {
    if (event->type() == QEvent::UpdateRequest && !m_seen) {
      m_seen = true;
      QTimer::singleShot(0, qApp, [this] {
        emitFigure("first_paint", wall() - m_begin, "s", 1);
        qApp->quit();
      });
    }
    return false;
  }

private:
  double m_begin;
  bool m_seen = false;
};

/// `begin` is when the process was made, in seconds since the epoch.
void firstPaint(double begin) {
  Studio studio(true);
  FirstPaint paint(begin);
  studio.window = std::make_unique<MainWindow>(studio.services, studio.appearance, studio.preferences);
  studio.window->installEventFilter(&paint);
  studio.window->show();
  QApplication::exec();
  std::fflush(stdout);
  std::_Exit(0); // the engine may be on its way
}

} // namespace

int main(int argc, char **argv) {
  QStandardPaths::setTestModeEnabled(true);
  FrameWatch application(argc, argv);
  const std::map<std::string, std::function<void()>> figures = {
      {"first_paint", [&] { firstPaint(argc > 2 ? std::atof(argv[2]) : wall()); }},
      {"long_run", longRun},
      {"log_lines", logLines},
      {"run_ends", runEnds},
      {"many_rows", manyRows},
      {"cpu_share", cpuShare},
      {"train", [&] { train(argc > 2 ? argv[2] : "", argc > 3 ? std::atoll(argv[3]) : 40); }},
      {"memory", [] { memory("window_rss", false, 200); }},
      {"memory_with_torch", [] { memory("window_rss_with_torch", true, 600); }},
  };
  const auto figure = figures.find(argc > 1 ? argv[1] : "");
  if (figure == figures.end()) {
    std::fprintf(stderr, "usage: gui_bench NAME\n");
    return 2;
  }
  figure->second();
  return 0;
}
