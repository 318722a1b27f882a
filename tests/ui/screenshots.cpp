// ./dev screenshots DIR [FILTER]: every place in both languages, both themes and three sizes, with believable content; FILTER is
// part of a file's ending, `memory` for what tells of memory alone, or `cluster` for what tells of clusters.
#include "core/store/dataset_store.h"
#include "core/store/tokenizer_cache.h"
#include "tests/support/fake_clusters.h"
#include "tests/support/fake_conversation_store.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_model_library.h"
#include "tests/support/fake_run_store.h"
#include "tests/support/fake_token_preview.h"
#include "tests/support/starter_model.h"
#include "ui/bridge/prompt_desk.h"
#include "ui/dialogs/cluster_questions.h"
#include "ui/dialogs/job_files_dialog.h"
#include "ui/dialogs/job_preview_dialog.h"
#include "ui/pages/chat_page.h"
#include "ui/pages/cluster_environment.h"
#include "ui/pages/cluster_files.h"
#include "ui/pages/cluster_page.h"
#include "ui/pages/cluster_queue.h"
#include "ui/pages/cluster_worker.h"
#include "ui/pages/data_page.h"
#include "ui/pages/fact_table.h"
#include "ui/pages/forecast_card.h"
#include "ui/pages/model_downloads.h"
#include "ui/pages/models_page.h"
#include "ui/pages/row_editor.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/setting_row.h"
#include "ui/pages/settings_form.h"
#include "ui/pages/target_form.h"
#include "ui/pages/train_page.h"
#include "ui/shell/main_window.h"
#include "ui/shell/menus.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>

#include <functional>

using namespace attune;

namespace {

void settle(int milliseconds) {
  QElapsedTimer timer;
  timer.start();
  while (timer.elapsed() < milliseconds) QApplication::processEvents(QEventLoop::AllEvents, 20);
}

/// The sample rows and some that need mending.
QString writeDataset(const QString &folder) {
  const QString path = folder + QStringLiteral("/belle_chat.jsonl");
  QFile out(path);
  if (!out.open(QIODevice::WriteOnly)) return {};
  for (const char *name : {"zh", "en"}) {
    QFile in(QStringLiteral(ATTUNE_SOURCE_DIR "/resources/samples/fine-tuning-%1.jsonl").arg(QLatin1String(name)));
    if (in.open(QIODevice::ReadOnly)) out.write(in.readAll());
    out.write("{\"instruction\": \"\", \"output\": \"\"}\n");
  }
  return path;
}

/// A long row of settings that Make it fit would change.
api::FitProposal proposal(const api::RunConfig &config, test::FakeEngine &engine) {
  api::FitProposal found{true, config, *engine.forecast(config), {}};
  found.config.batchSize = 1;
  found.config.accumulation = config.accumulation * config.batchSize;
  found.config.quantization = api::Quantization::Nf4;
  found.config.checkpointing = api::Checkpointing::Full;
  found.config.offload.checkpoints = true;
  found.config.maxLength = config.maxLength / 2;
  const auto number = [](int64_t value) { return std::to_string(value); };
  found.changes = {{"batch_size", number(config.batchSize), "1", "", ""},
                   {"accumulation", number(config.accumulation), number(found.config.accumulation), "", ""},
                   {"checkpointing", "\"auto\"", "\"full\"", "", ""},
                   {"offload", "[]", "[\"checkpoints\"]", "", ""},
                   {"quantization", "\"none\"", "\"nf4\"", "", ""},
                   {"max_length", number(config.maxLength), number(found.config.maxLength), "", ""}};
  for (api::ForecastItem &item : found.forecast.items) item.bytes /= 4;
  found.forecast.neededBytes /= 4;
  return found;
}

/// The forecast with and without a card, Make it fit, the meter, and a run to which things happened.
void shootMemory(test::FakeEngine &engine, ui::MainWindow &window, const std::function<void(QWidget *, const char *)> &save) {
  const auto form = [&](const char *name) {
    window.trainPage()->draft().edit(window.trainPage()->draft().config()); // asks again
    settle(500);
    save(&window, name);
  };
  const auto dialog = [&](const char *name) {
    window.trainPage()->findChild<ui::ForecastCard *>()->fitButton()->click();
    settle(300);
    for (auto *shown : window.findChildren<QDialog *>()) {
      if (shown->isVisible()) save(shown, name);
      shown->close();
    }
    settle(50);
  };
  window.goTo(ui::Place::Train);
  form("memory-fits");
  engine.budgetBytes = int64_t(2) << 30;
  form("memory-over");
  engine.cards = 1;
  window.trainPage()->draft().setText(*api::findConfigField("device"), QStringLiteral("cuda:0"));
  settle(1200); // until somebody has looked at the devices
  engine.tokensPerSecond = 13600;
  engine.neededBytes = int64_t(12) << 30;
  engine.budgetBytes = int64_t(16) << 30;
  form("memory-card");
  window.trainPage()->form()->setAdvanced(true);
  settle(200);
  window.trainPage()->form()->show(*window.trainPage()->form()->row("offload"));
  form("memory-form");
  window.trainPage()->form()->setAdvanced(false);
  engine.searches = true;
  dialog("fit-looking");
  engine.searches = false;
  dialog("fit-one");
  engine.proposal = proposal(window.trainPage()->draft().config(), engine);
  dialog("fit-many");
  engine.proposal->fits = false;
  engine.proposal->forecast = *engine.forecast(window.trainPage()->draft().config());
  dialog("fit-none");
  engine.proposal.reset();
  window.trainPage()->draft().setText(*api::findConfigField("device"), QStringLiteral("auto"));
  window.goTo(ui::Place::Runs);
  window.runsPage()->showRun(QStringLiteral("/fake/runs/alpaca-lora-3"));
  settle(800);
  save(&window, "memory-run");
  window.runsPage()->showView(QStringLiteral("settings"));
  settle(300);
  save(&window, "memory-settings");
  window.runsPage()->showView(QStringLiteral("curves"));
  window.runsPage()->showRun(window.runs().active());
}

/// A site as in the field: a card partition, a processor partition, one that is closed; jobs of ours and of another program.
void fillCluster(test::FakeCluster &cluster) {
  const auto partition = [](const char *name, bool up, int64_t minutes, int64_t nodes, int64_t free, int64_t cards, int64_t freeCards) {
    api::ClusterPartition made;
    made.name = name;
    made.up = up;
    made.limitMinutes = minutes;
    made.nodes = nodes;
    made.freeNodes = free;
    made.coresPerNode = 32;
    made.memoryPerNode = 128 * 1024;
    if (cards > 0) made.cardsPerNode = {{"dcu", 4}}, made.cards = {{"dcu", cards}}, made.freeCards = {{"dcu", freeCards}};
    return made;
  };
  cluster.tables.slurm = "slurm-wlm 22.05.8";
  cluster.tables.accounting = true;
  cluster.tables.partitions = {partition("kshdtest", true, 2880, 1842, 37, 7368, 212), partition("kshctest", true, 10080, 420, 0, 0, 0),
                               partition("kshdexclu", false, -1, 64, 0, 256, 0)};
  cluster.tables.whichPartition =
      "+-----------+-------+------+\n| QUEUE     | NODES | FREE |\n| kshdtest  |  1842 |   37 |\n+-----------+-------+------+";
  const auto job = [](const char *id, const char *name, const char *state, const char *reason, const char *plain, bool ours) {
    api::QueuedJob made;
    made.id = id;
    made.name = name;
    made.partition = "kshdtest";
    made.state = state;
    made.reason = reason;
    made.plain = plain;
    made.neverClears = std::string(reason) == "PartitionTimeLimit";
    made.submitted = "2026-11-27T13:02:11";
    made.ends = std::string(state) == "RUNNING" ? "2026-11-28T13:02:30" : "N/A";
    made.nodes = std::string(state) == "RUNNING" ? "e09r2n03" : "";
    if (ours) made.token = name;
    return made;
  };
  cluster.jobs = {
      job("41877231", "attune-3f9a02c41b7d", "RUNNING", "None", "", true),
      job("41877302", "attune-77ab10ce9d02", "PENDING", "PartitionTimeLimit", "It asks for more time than the partition allows.", true),
      job("41877305", "vasp_relax", "PENDING", "Resources", "Waiting for free nodes or cards.", false)};
  api::ClusterFiles home;
  home.folder = "/public/home/scientist";
  for (const char *name : {"models", "datasets", ".attune"}) home.files.push_back({name, api::ClusterFile::Kind::Folder, 0, 1.7957e9});
  home.files.push_back({"belle_chat_10k.jsonl", api::ClusterFile::Kind::File, 18400000, 1.7957e9});
  home.files.push_back({"env.sh", api::ClusterFile::Kind::File, 412, 1.7946e9});
  cluster.folders = {{"", home}, {home.folder, home}};
  cluster.transferMilliseconds = 20000;
  const std::string login = "login node login05", node = "compute node e09r2n03";
  cluster.environment = {
      {login, "system", "ok", "Linux 3.10.0-957.el7.x86_64 x86_64 CentOS Linux 7 (Core)", ""},
      {login, "set_not_export", "warn", "line 3:set ROCM_PATH=/opt/dtk sets nothing that a program sees",
       "Write export instead of set there."},
      {login, "environment_script", "ok", "it is sourced without an error", ""},
      {login, "internet", "ok", "the internet cannot be reached from here", "Models are uploaded, or lie on the cluster already."},
      {node, "torch", "ok", "2.1.0 /opt/torch/__init__.py, for ROCm or DTK 5.4.23416, old string ABI",
       "torch.version.cuda is None here. Attune does not read it; DeepSpeed stops at it."},
      {node, "deepspeed", "warn", "it does not load: TypeError: 'NoneType' object is not subscriptable",
       "DeepSpeed compares CUDA versions also on ROCm: skip assert_no_cuda_mismatch in op_builder/builder.py. Attune does not need it."},
      {node, "card", "ok", "DCU Z100 (gfx906), 16.0 GiB", ""}};
}

/// The training program: asked for, being built, failed, installed.
void shootInstall(test::FakeCluster &cluster, ui::ClusterPage &page, ui::MainWindow &window,
                  const std::function<void(QWidget *, const char *)> &save) {
  const auto dialog = [&](const char *what, bool again = false) {
    for (auto *shown : window.findChildren<QDialog *>()) {
      if (!shown->isVisible()) continue;
      for (auto *button : shown->findChildren<QPushButton *>())
        if (again && button->isDefault()) button->click();
      settle(300);
      if (what) save(shown, what);
    }
  };
  page.environment()->worker()->installButton()->click();
  settle(100);
  dialog("cluster-install");
  dialog(nullptr, true);
  cluster.tell(api::InstallPhase::Building, 43, "compiling checkpoint_store.cpp",
               {"libtorch:  2.1.0+das1.1.git3ac1bdd.abi0.dtk2404 (dtk) in /opt/torch", "compiler:  gcc 11.2.0 (/opt/gcc/bin/g++), C++17",
                "CMake:     3.24.2 (/opt/cmake/bin/cmake), Ninja (/usr/bin/ninja)",
                "worker:    0.1.0, bundle 4f1d29ac7be0, into /public/home/scientist/.attune/worker/0.1.0-4f1d29ac7be0-91b2c3d4",
                "libtorch asks for C++17 and string ABI 0", "Compiling 4 at a time; a first build takes 25 to 60 minutes of one core."});
  settle(500);
  dialog("cluster-install-going");
  save(&window, "cluster-installing");
  Error error = test::FakeCluster::fault("BUILD-NO-TORCH", "There is no libtorch: python3 (/usr/bin/python3) knows no torch.");
  error.hint = "Name in the profile an environment script that loads the site's PyTorch (module load ..., conda activate ...), or give the "
               "folder of libtorch, which has include/ and lib/ (--torch DIR).";
  cluster.end(error);
  settle(400);
  dialog("cluster-install-failed");
  dialog(nullptr, true);
  api::InstalledWorker worker = test::installedWorker("0.1.0-4f1d29ac7be0-91b2c3d4");
  worker.torch = "2.1.0+das1.1.git3ac1bdd.abi0.dtk2404";
  cluster.installed.workers = {worker};
  cluster.end(api::WorkerReport{worker, {}});
  settle(600);
  dialog("cluster-install-done");
  for (auto *shown : window.findChildren<QDialog *>()) shown->close();
  settle(200);
  save(&window, "cluster-installed");
}

/// A job's script and values, as they lie in its folder.
void shootJobFiles(ui::MainWindow &window, const std::function<void(const char *)> &grab) {
  const QTemporaryDir folder;
  QDir(folder.path()).mkpath(QStringLiteral("cluster/job"));
  const auto write = [&](const char *name, const QByteArray &text) {
    QFile file(folder.filePath(QLatin1String(name)));
    if (file.open(QIODevice::WriteOnly)) file.write(text);
  };
  QFile script(QStringLiteral(ATTUNE_SOURCE_DIR "/remote/slurm/run.sh"));
  if (script.open(QIODevice::ReadOnly)) write("cluster/job/run.sh", script.readAll());
  write("log.txt", "@@attune begin attune-3f9a02c41b7d host=e09r2n03@@\nmodel: 135M parameters, 4.9M trained\nstep 10  loss 2.131\n");
  api::ClusterJob job;
  job.id = "41877231";
  job.folder = folder.path().toStdString();
  job.remoteFolder = "/public/home/scientist/.attune/jobs/attune-3f9a02c41b7d";
  ui::TaskRunner tasks;
  auto *dialog = new ui::JobFilesDialog(job, tasks, &window);
  dialog->open();
  dialog->showFile(QStringLiteral("run.sh"));
  settle(400);
  grab("cluster-job-script");
  delete dialog;
}

/// The cluster's page and its views, its dialogs, the form of the Train page, and a run that waits there.
void shootCluster(test::FakeClusters &clusters, ui::PromptDesk &prompts, ui::MainWindow &window,
                  const std::function<void(QWidget *, const char *)> &save) {
  ui::ClusterPage &page = *window.clusterPage();
  const QString name = QStringLiteral("kshdtest");
  test::FakeCluster &cluster = *clusters.at("kshdtest");
  cluster.disconnect();
  window.goTo(ui::Place::Cluster);
  page.showView(QStringLiteral("partitions"));
  settle(300);
  save(&window, "cluster-offline");
  page.connectButton()->click();
  settle(400);
  save(&window, "cluster-partitions");
  page.showView(QStringLiteral("queue"));
  page.queue()->table()->setCurrentCell(1, 0);
  settle(200);
  save(&window, "cluster-queue");
  page.showView(QStringLiteral("files"));
  settle(300);
  page.files()->table()->setCurrentCell(3, 0);
  page.files()->downloading()(QStringLiteral("/tmp/belle_chat_10k.jsonl"));
  settle(1600);
  save(&window, "cluster-files");
  cluster.transferMilliseconds = 1;
  page.showView(QStringLiteral("environment"));
  for (int i = 0; i < 60 && !page.environment()->checkButton()->isEnabled(); ++i) settle(50);
  page.environment()->checkButton()->click();
  settle(1500);
  save(&window, "cluster-environment");
  shootInstall(cluster, page, window, save);
  cluster.setLink(api::LinkState::Reconnecting, test::FakeCluster::fault("NET-LOST", "The connection is lost."),
                  static_cast<double>(time(nullptr)) + 8);
  page.showView(QStringLiteral("partitions"));
  settle(200);
  save(&window, "cluster-lost");
  Error changed = test::FakeCluster::fault(
      "KEY-CHANGED", "login.example shows a different key than before: SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg, where "
                     "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU was trusted.");
  changed.hint = "Ask the centre; replace the key only if they confirm it.";
  cluster.setLink(api::LinkState::NeedsUser, changed);
  settle(200);
  save(&window, "cluster-key-changed");
  cluster.setLink(api::LinkState::Online);
  settle(200);
  const auto grab = [&](const char *what) {
    settle(250);
    for (auto *dialog : window.findChildren<QDialog *>()) {
      if (dialog->isVisible()) save(dialog, what);
      dialog->close();
    }
    settle(50);
  };
  page.addCluster();
  settle(50);
  for (auto *dialog : window.findChildren<QDialog *>())
    for (auto *button : dialog->findChildren<QPushButton *>())
      if (button->isDefault()) button->click(); // its problems
  grab("cluster-add");
  std::vector<std::thread> askers;
  askers.emplace_back([&] {
    prompts.askHostKey({"kshdtest", "login.hpc.example.cn", 22, "ssh-ed25519", "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"}, {});
  });
  grab("cluster-host-key");
  askers.back().join();
  askers.emplace_back([&] {
    api::LoginPrompt login;
    login.cluster = "kshdtest";
    login.host = "login.hpc.example.cn";
    login.user = "scientist";
    login.instruction = "Two factors are needed. The code is sent to your phone.";
    login.lines = {{"Password: ", false}, {"Verification code: ", true}};
    static_cast<void>(prompts.askLogin(login, {}));
  });
  grab("cluster-login");
  askers.back().join();
  askers.emplace_back([&] {
    api::LoginPrompt login;
    login.kind = api::LoginPrompt::Kind::Passphrase;
    login.cluster = "kshdtest";
    login.host = "login.hpc.example.cn";
    login.lines = {{"~/.ssh/id_ed25519", false}};
    login.attempt = 2;
    static_cast<void>(prompts.askLogin(login, {}));
  });
  grab("cluster-passphrase");
  askers.back().join();

  for (const bool ours : {true, false}) {
    askers.emplace_back([&] {
      api::KeyChangePrompt change;
      change.shown = {"kshdtest", "login.hpc.example.cn", 22, "ssh-ed25519", "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"};
      const std::string file = ours ? "/home/scientist/Attune/known_hosts" : "/home/scientist/.ssh/known_hosts";
      change.known = {{"ssh-ed25519", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", file + ":3", ours}};
      if (!ours) change.remedy = "ssh-keygen -f " + file + " -R login.hpc.example.cn";
      prompts.askKeyChange(change, {});
    });
    grab(ours ? "cluster-replace-key" : "cluster-replace-key-elsewhere");
    askers.back().join();
  }
  shootJobFiles(window, grab);

  window.goTo(ui::Place::Train);
  window.trainPage()->useCluster(name, QStringLiteral("kshdtest"));
  settle(500);
  save(&window, "cluster-train");
  window.trainPage()->targetForm()->scriptButton()->click();
  settle(400);
  grab("cluster-train-script");
  if (auto *script = window.findChild<ui::JobPreviewDialog *>()) script->close();
  api::ClusterTarget target = *window.trainPage()->target().target();
  target.minutes = 100 * 60;
  window.trainPage()->target().set(target);
  window.trainPage()->targetForm()->moreButton()->setChecked(true);
  settle(400);
  save(&window, "cluster-train-more");
  window.trainPage()->targetForm()->moreButton()->setChecked(false);
  target.minutes = 120;
  window.trainPage()->target().set(target);
  settle(300);
  clusters.queued = true;
  window.trainPage()->startButton()->click();
  settle(700);
  save(&window, "cluster-run-queued");
  clusters.queued = false;
  settle(1500);
  save(&window, "cluster-run-going");
  window.runs().requestStop(window.runsPage()->currentRun());
  settle(700);
  save(&window, "cluster-run-over");
  window.trainPage()->target().useHere();
}

} // namespace

int main(int argc, char **argv) {
  QStandardPaths::setTestModeEnabled(true);
  QApplication application(argc, argv);
  if (argc < 2) return 2;
  const QDir folder(QString::fromLocal8Bit(argv[1]));
  if (!QDir().mkpath(folder.path())) return 1;
  const QString only = argc > 2 ? QString::fromLocal8Bit(argv[2]) : QString();

  test::FakeRunStore store;
  const double now = static_cast<double>(time(nullptr));
  store.addRun("try-it", 260, 1.9, api::RunPhase::Completed, now - 90000);
  store.addRun("alpaca-lora-1", 900, 1.95, api::RunPhase::Stopped, now - 60000);
  store.addRun("belle-full-2", 1100, 1.62, api::RunPhase::Completed, now - 30000);
  store.addRun("客服问答-lora", 800, 1.72, api::RunPhase::Completed, now - 20000);
  store.addRun("alpaca-lora-3", 1000, 1.55, api::RunPhase::Completed, now - 4000);
  const std::string eventful = "/fake/runs/alpaca-lora-3";
  store.addEvent(eventful, 90, api::MemoryRetry{90, 4, 8});
  store.addEvent(eventful, 260, api::StateChanged{api::RunState::Paused});
  store.addEvent(eventful, 330, api::RunWarning{"step_skipped", "The gradients overflowed."});
  store.addEvent(eventful, 520, api::SettingChanged{520, "save_steps", "0", "100"});
  store.setMemory(eventful, int64_t(1024) * 9800000, int64_t(1024) * 9610000);
  store.goingForecastBytes = int64_t(4) << 30;
  test::FakeEngine engine;
  engine.steps = 1125;
  engine.stepMilliseconds = 3;
  ui::Services services;
  services.runs = &store;
  test::FakeTokenPreview preview;
  test::FakeConversationStore conversations;
  services.conversations = &conversations;
  services.preview = &preview;
  services.openEngine = [&engine]() -> Result<api::Engine *> { return &engine; };
  services.workspace = "/fake";
  services.resources = ATTUNE_SOURCE_DIR "/resources";
  const std::string starter = test::starterModel();
  services.starterModel = starter.empty() ? "/fake/starter.gguf" : starter;
  test::FakeModelLibrary models;
  models.put(test::FakeModelLibrary::card("/fake/models/Baichuan2-7B-Chat", 7.5));
  api::ModelCard broken = test::FakeModelLibrary::card("/fake/models/Mistral-7B-v0.1", 7.2);
  broken.refusal =
      Error{ErrorCode::MalformedFile, "The file is shorter than its header says.", "/fake/models/Mistral-7B-v0.1/model.safetensors", ""};
  models.put(broken);
  api::ModelCard plain = test::FakeModelLibrary::card("/data/Qwen2.5-0.5B", 0.49, false);
  plain.problems = {
      {ErrorCode::MissingInFolder, "There is no tokenizer, so texts cannot be turned into tokens.", plain.place.path, "", {}}};
  models.put(plain);
  models.put(test::FakeModelLibrary::card("/fake/models/SmolLM2-135M-Instruct", 0.1345));
  services.models = &models;
  ui::PromptDesk prompts;
  test::FakeClusters clusters;
  clusters.prompts = &prompts;
  clusters.steps = 1125;
  for (const char *name : {"kshdtest", "chem-gpu"}) {
    api::ClusterProfile profile;
    profile.name = name;
    profile.host = "login.hpc.example.cn";
    profile.user = "scientist";
    profile.jumpHosts = {"gate.example.cn"};
    profile.environmentScript = "~/env.sh";
    profile.partition = "kshdtest";
    profile.gres = "dcu";
    fillCluster(clusters.add(profile));
  }
  services.clusters = &clusters;
  services.prompts = &prompts;
  const QTemporaryDir workspace;
  store::FolderDatasetStore datasets(workspace.path().toStdString(), std::make_shared<store::TokenizerCache>());
  services.datasets = &datasets;
  const QString dataset = writeDataset(workspace.path());

  for (const bool dark : {false, true})
    for (const char *language : {"en", "zh_CN"}) {
      ui::Preferences preferences;
      preferences.language = QLatin1String(language);
      preferences.theme = dark ? ui::ThemeChoice::Dark : ui::ThemeChoice::Light;
      ui::Appearance appearance;
      appearance.apply(preferences);
      for (const QSize size : {QSize(1024, 640), QSize(1280, 800), QSize(1920, 1080)}) {
        const QString suffix = QStringLiteral("-%1-%2-%3.png")
                                   .arg(QLatin1String(language).left(2), dark ? QStringLiteral("dark") : QStringLiteral("light"))
                                   .arg(size.width());
        const bool memory = only == QLatin1String("memory");
        const bool cluster = only == QLatin1String("cluster");
        if (!only.isEmpty() && !memory && !cluster && !suffix.contains(only)) continue;
        if ((memory || cluster) && size.width() == 1920) continue;
        ui::MainWindow window(services, appearance, preferences);
        window.resize(size);
        window.show();
        settle(400);
        window.tryIt();
        settle(1300);
        const auto save = [&](QWidget *shown, const char *name) { shown->grab().save(folder.filePath(QLatin1String(name) + suffix)); };
        if (cluster) {
          window.runs().requestStop(window.runs().active());
          window.trainPage()->addDataset(QStringLiteral("/data/alpaca_en_demo.jsonl"));
          shootCluster(clusters, prompts, window, save);
          continue;
        }
        if (memory || size.width() == 1280) {
          window.trainPage()->addDataset(QStringLiteral("/data/alpaca_en_demo.jsonl"));
          shootMemory(engine, window, save);
          engine.cards = 0;
          engine.tokensPerSecond = 0;
          engine.neededBytes = int64_t(3) << 30;
          engine.budgetBytes = int64_t(16) << 30;
        }
        if (memory) {
          window.runs().requestStop(window.runs().active());
          settle(200);
          continue;
        }
        window.trainPage()->addDataset(QStringLiteral("/data/alpaca_en_demo.jsonl"));
        window.chatPage()->useRun(window.runsPage()->currentRun());
        window.dataPage()->openDataset(dataset);
        settle(1000);
        window.dataPage()->table()->selectRow(1);
        window.chatPage()->ask(QStringLiteral("What is LoRA?"));
        for (const ui::Place place : ui::kPlaces) {
          window.goTo(place);
          if (size.width() == 1024) window.modelsPage()->choose(QStringLiteral("/fake/models/Mistral-7B-v0.1"));
          settle(500);
          window.grab().save(folder.filePath(ui::placeIcon(place) + suffix));
        }
        const auto grabDialog = [&](const char *name) {
          settle(200);
          for (auto *dialog : window.findChildren<QDialog *>()) {
            if (dialog->isVisible()) dialog->grab().save(folder.filePath(QLatin1String(name) + suffix));
            dialog->close();
          }
          settle(50);
        };
        if (size.width() == 1280) {
          window.openSettings();
          grabDialog("settings");
          ui::showShortcuts(&window, window.menus().groups());
          grabDialog("shortcuts");
          window.openDiagnostics();
          grabDialog("diagnostics");
          window.modelsPage()->downloads()->requestDownload();
          grabDialog("download");
          window.openAbout();
          grabDialog("about");
        }
        window.runs().requestStop(window.runs().active());
        settle(200);
      }
    }
  return 0;
}
