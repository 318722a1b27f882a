// Clusters without a network for the window's tests: links, questions, tables, files and runs that a test sets and that answer on a
// thread of their own, as the real ones do. Header-only; everything stops when it is destroyed.
#pragma once

#include "core/api/cluster_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace attune::test {

/// What is posted is done on one thread, in order.
class FakeThread {
public:
  FakeThread() : m_thread([this] { run(); }) {}
  ~FakeThread() {
    stop();
    m_thread.join();
  }
  void post(std::function<void()> work) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_work.push_back(std::move(work));
    m_came.notify_all();
  }
  void stop() {
    m_stop.requestStop();
    m_came.notify_all();
  }
  StopToken token() const { return m_stop.token(); }

private:
  void run() {
    std::unique_lock<std::mutex> lock(m_mutex);
    while (!m_stop.stopRequested()) {
      if (m_work.empty()) {
        m_came.wait_for(lock, std::chrono::milliseconds(20));
        continue;
      }
      const auto work = std::move(m_work.front());
      m_work.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }
  StopSource m_stop;
  std::mutex m_mutex;
  std::condition_variable m_came;
  std::deque<std::function<void()>> m_work;
  std::thread m_thread; // last
};

/// A training program that was built for the profile and works.
inline api::InstalledWorker installedWorker(const std::string &name) {
  api::InstalledWorker made;
  made.folder = "/public/home/scientist/.attune/worker/" + name;
  made.binary = made.folder + "/bin/attune";
  made.version = "0.1.0";
  made.torch = "2.1.0+dtk2310";
  made.torchKind = "dtk";
  made.host = "login05";
  made.built = "2026-11-27T13:02:11Z";
  made.node = "e09r2n03";
  made.works = made.ofThisProgram = made.forProfile = true;
  return made;
}

class FakeCluster : public api::Cluster {
public:
  explicit FakeCluster(api::ClusterProfile profile, api::ClusterPrompts *prompts) : m_profile(std::move(profile)), m_prompts(prompts) {}

  // What a test sets, before it connects.
  std::optional<api::HostKeyPrompt> hostKey;  // asked first
  std::vector<api::LoginPrompt> logins;       // asked then, in order
  std::optional<api::KeyChangePrompt> change; // asked by replaceKey(); with "yes" the refusal is gone
  std::optional<Error> refusal;               // connecting ends with this, and waits for the user
  api::ClusterOverview tables;
  std::vector<api::QueuedJob> jobs;
  std::map<std::string, api::ClusterFiles> folders;
  api::EnvironmentReport environment = {{"login node ln1", "system", "ok", "Linux", ""}};
  api::ClusterWorkers installed;
  std::atomic<int> transferMilliseconds{200};

  // What came of it.
  std::vector<std::vector<std::string>> answers() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_answers;
  }
  std::vector<std::string> acts() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_acts;
  }
  /// The installation that was asked for last, told and ended by a test.
  std::optional<api::WorkerRequest> asked() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_install ? std::optional(m_install->request) : std::nullopt;
  }
  void tell(api::InstallPhase phase, int percent, const std::string &text = "", const std::vector<std::string> &lines = {}) {
    m_thread.post([=, this] {
      const std::lock_guard<std::mutex> lock(m_mutex);
      m_install->watch.progress({phase, percent, text});
      for (const std::string &line : lines) m_install->watch.line(line);
    });
  }
  void end(Result<api::WorkerReport> result) {
    m_thread.post([=, this] {
      Answer<api::WorkerReport> answer;
      {
        const std::lock_guard<std::mutex> lock(m_mutex);
        answer = m_install->answer;
      }
      answer(result);
    });
  }
  void setLink(api::LinkState state, std::optional<Error> error = {}, double nextTry = 0) {
    api::ClusterLink link;
    link.state = state;
    link.nextTry = nextTry;
    link.failed = error.has_value();
    if (error) link.error = *error;
    link.text = error ? error->text() : "";
    const std::lock_guard<std::recursive_mutex> lock(m_listening);
    m_link = link;
    if (m_listener) m_listener(link);
  }

  api::ClusterProfile profile() const override { return m_profile; }
  api::ClusterLink link() const override {
    const std::lock_guard<std::recursive_mutex> lock(m_listening);
    return m_link;
  }
  void onLink(std::function<void(const api::ClusterLink &)> changed) override {
    const std::lock_guard<std::recursive_mutex> lock(m_listening);
    m_listener = std::move(changed);
  }
  void connect() override {
    m_thread.post([this] {
      setLink(api::LinkState::Connecting);
      if (hostKey && m_prompts && m_prompts->askHostKey(*hostKey, m_thread.token()) == api::HostKeyAnswer::Refuse)
        return setLink(api::LinkState::NeedsUser, fault("KEY-UNKNOWN", "The key of the host was not trusted."));
      for (const api::LoginPrompt &login : logins) {
        const auto given = m_prompts ? m_prompts->askLogin(login, m_thread.token()) : std::nullopt;
        if (!given) return setLink(api::LinkState::NeedsUser, fault("AUTH-DENIED", "Nobody signed in."));
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_answers.push_back(*given);
      }
      if (refusal) return setLink(api::LinkState::NeedsUser, *refusal);
      setLink(api::LinkState::Online);
    });
  }
  void replaceKey() override {
    m_thread.post([this] {
      setLink(api::LinkState::Connecting);
      if (change && m_prompts && m_prompts->askKeyChange(*change, m_thread.token())) refusal.reset();
      if (refusal) return setLink(api::LinkState::NeedsUser, *refusal);
      setLink(api::LinkState::Online);
    });
  }
  void disconnect() override {
    m_thread.post([this] { setLink(api::LinkState::Offline); });
  }
  void overview(Answer<api::ClusterOverview> answer) override { reply(std::move(answer), &FakeCluster::tables); }
  void queue(Answer<std::vector<api::QueuedJob>> answer) override { reply(std::move(answer), &FakeCluster::jobs); }
  void act(const api::QueuedJob &job, api::JobAction action, Answer<std::string> answer) override {
    m_thread.post([=, this] {
      static constexpr const char *names[] = {"cancel", "hold", "release", "checkpoint"};
      {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_acts.push_back(names[static_cast<size_t>(action)] + (" " + job.id));
      }
      if (action == api::JobAction::Cancel)
        jobs.erase(std::remove_if(jobs.begin(), jobs.end(), [&](const api::QueuedJob &one) { return one.id == job.id; }), jobs.end());
      answer(std::string(action == api::JobAction::Cancel ? "CANCELLED" : "PENDING"));
    });
  }
  void list(const std::string &folder, Answer<api::ClusterFiles> answer) override {
    m_thread.post([=, this] {
      const auto found = folders.find(folder);
      if (found == folders.end()) return answer(fault("FILE-MISSING", "There is no such file."));
      answer(found->second);
    });
  }
  void download(const std::string &from, const std::string &to, api::TransferProgress progress, StopToken stop,
                Answer<void> answer) override {
    move("download " + from + " " + to, std::move(progress), std::move(stop), std::move(answer));
  }
  void upload(const std::string &from, const std::string &to, api::TransferProgress progress, StopToken stop,
              Answer<void> answer) override {
    move("upload " + from + " " + to, std::move(progress), std::move(stop), std::move(answer));
  }
  void checkEnvironment(Answer<api::EnvironmentReport> answer) override { reply(std::move(answer), &FakeCluster::environment); }

  void workers(Answer<api::ClusterWorkers> answer) override { reply(std::move(answer), &FakeCluster::installed); }
  void installWorker(const api::WorkerRequest &request, api::InstallWatch watch, StopToken, Answer<api::WorkerReport> answer) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_install = Install{request, std::move(watch), std::move(answer)};
  }
  void stopWorkerBuild(Answer<void> answer) override {
    m_thread.post([=, this] {
      {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_acts.push_back("stop build");
      }
      answer(Status());
    });
  }

  static Error fault(const char *name, const char *message) {
    Error error{ErrorCode::IoFailed, message, "login.example", "Try again."};
    error.fault = name;
    return error;
  }

private:
  template <typename T> void reply(Answer<T> answer, T FakeCluster::*part) {
    m_thread.post([=, this] {
      if (link().state != api::LinkState::Online) return answer(fault("NET-LOST", "There is no connection."));
      answer(this->*part);
    });
  }
  void move(const std::string &what, api::TransferProgress progress, StopToken stop, Answer<void> answer) {
    m_thread.post([=, this] {
      for (uint64_t i = 0; i <= 20; ++i) {
        if (stop.stopRequested() || m_thread.token().stopRequested())
          return answer(Error{ErrorCode::Interrupted, "The transfer was stopped.", "", ""});
        progress(i * 50000000, 1000000000);
        std::this_thread::sleep_for(std::chrono::milliseconds(transferMilliseconds / 20));
      }
      {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_acts.push_back(what);
      }
      answer(Status());
    });
  }

  const api::ClusterProfile m_profile;
  api::ClusterPrompts *m_prompts;
  mutable std::recursive_mutex m_listening;
  api::ClusterLink m_link;
  std::function<void(const api::ClusterLink &)> m_listener;
  std::mutex m_mutex;
  std::vector<std::vector<std::string>> m_answers;
  std::vector<std::string> m_acts;
  struct Install {
    api::WorkerRequest request;
    api::InstallWatch watch;
    Answer<api::WorkerReport> answer;
  };
  std::optional<Install> m_install;
  FakeThread m_thread; // last
};

/// A run that waits in the queue until a test lets it go, then trains in believable steps.
class FakeClusterRun : public api::ClusterRun {
public:
  using Tell = std::function<void(const api::ClusterJob &)>;
  FakeClusterRun(api::ClusterJob job, std::shared_ptr<api::EventSink> sink, int64_t steps, const std::atomic<bool> &queued, Tell tell)
      : m_job(std::move(job)), m_sink(std::move(sink)), m_steps(steps), m_queued(queued), m_tell(std::move(tell)) {
    if (m_job.phase != api::JobPhase::Over) m_train = std::thread([this] { train(); });
  }
  ~FakeClusterRun() override {
    m_gone = true;
    if (m_train.joinable()) m_train.join();
  }
  std::string folder() const override { return job().folder; }
  bool canPause() const override { return false; }
  void requestPause() override {}
  void requestResume() override {}
  void requestStop() override { m_stop = true; }
  void requestCheckpoint() override { m_checkpoint = true; }
  bool finished() const override { return job().phase == api::JobPhase::Over; }
  api::ClusterJob job() const override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_job;
  }
  void cancel(api::Cluster::Answer<std::string> answer) override {
    m_stop = true;
    m_asks.post([answer] { answer(std::string("CANCELLED")); });
  }
  void fetch(api::FetchWhat, api::TransferProgress, StopToken, api::Cluster::Answer<void> answer) override {
    m_asks.post([this, answer] {
      change([](api::ClusterJob &now) { now.fetched = true; });
      answer(Status());
    });
  }
  void removeRemote(api::Cluster::Answer<void> answer) override {
    m_asks.post([this, answer] {
      change([](api::ClusterJob &now) { now.removed = true; });
      answer(Status());
    });
  }

private:
  template <typename Change> void change(Change set) {
    api::ClusterJob now;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      set(m_job);
      now = m_job;
    }
    m_tell(now);
  }
  void push(api::RunEventBody body) {
    m_sink->push({++m_seq, std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(), std::move(body)});
  }
  void train() {
    const auto nap = [] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
    change([](api::ClusterJob &now) {
      now.phase = api::JobPhase::Queued;
      now.id = "4711";
      now.reason = "Resources";
      now.text = "Waiting for free nodes or cards.";
    });
    while (m_queued && !m_stop && !m_gone) nap();
    if (m_gone) return;
    int64_t step = 0;
    if (!m_stop) {
      change([](api::ClusterJob &now) {
        now.phase = api::JobPhase::Running;
        now.nodes = "e09r2n03";
        now.reason.clear();
      });
      push(api::RunStarted{1, m_steps, "cuda:0", {}});
      push(api::StateChanged{api::RunState::Training});
    }
    for (; step < m_steps && !m_stop && !m_gone; nap()) {
      api::StepMetrics metrics;
      metrics.step = ++step;
      metrics.loss = 1.1 + 2.1 * std::exp(-static_cast<double>(step) / 60) + 0.06 * std::sin(static_cast<double>(step) * 1.7);
      metrics.lr = 2e-4;
      metrics.gradNorm = 0.5;
      metrics.tokens = 2048 * step;
      metrics.tokensPerSecond = 4100;
      push(metrics);
      if (m_checkpoint.exchange(false)) push(api::CheckpointSaved{step, "checkpoints/step-" + std::to_string(step)});
    }
    if (m_gone) return;
    const bool stopped = m_stop && step < m_steps;
    push(api::RunFinished{stopped ? api::RunOutcome::Stopped : api::RunOutcome::Completed, step, {}});
    change([stopped](api::ClusterJob &now) {
      now.phase = api::JobPhase::Over;
      now.result = stopped ? "cancelled" : "done";
    });
  }

  mutable std::mutex m_mutex;
  api::ClusterJob m_job;
  std::shared_ptr<api::EventSink> m_sink;
  const int64_t m_steps;
  const std::atomic<bool> &m_queued;
  const Tell m_tell;
  int64_t m_seq = 0;
  std::atomic<bool> m_stop{false}, m_checkpoint{false}, m_gone{false};
  FakeThread m_asks;
  std::thread m_train;
};

class FakeClusters : public api::ClusterService, public api::ClusterStore, public api::ClusterBackend {
public:
  api::ClusterPrompts *prompts = nullptr;
  std::atomic<bool> queued{true};   // so long runs wait
  std::atomic<int64_t> steps{400};  // of a run
  std::vector<std::string> earlier; // folders of runs that went on while the window was closed
  std::optional<Error> refusal;     // of a start
  std::optional<Error> unmet;       // a profile names another host while runs are followed
  std::atomic<bool> slow{false};    // so long nothing of an earlier run is found

  /// A cluster in the list; a test sets what it shows.
  FakeCluster &add(const api::ClusterProfile &profile) {
    save(profile).ok();
    return *at(profile.name);
  }
  std::shared_ptr<FakeCluster> at(const std::string &name) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (const api::ClusterProfile &profile : m_profiles) {
      if (profile.name != name) continue;
      auto &cluster = m_clusters[name];
      if (!cluster) cluster = std::make_shared<FakeCluster>(profile, prompts);
      return cluster;
    }
    return nullptr;
  }
  std::vector<api::RunRequest> requests() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_requests;
  }
  std::vector<api::ClusterProfile> saved() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_profiles;
  }

  api::ClusterStore &profiles() override { return *this; }
  api::ClusterBackend &backend() override { return *this; }
  Result<api::JobPreview> preview(const api::RunRequest &request) override {
    if (refusal) return *refusal;
    const std::string options = " \\\n    --requeue \\\n    --nodes=1 \\\n    --cpus-per-task=8 \\\n    --time=120 run.sh";
    return api::JobPreview{
        "cd ~/.attune/jobs/attune-TOKEN && sbatch --parsable -J attune-TOKEN -D . -o run.log --open-mode=append --partition=" +
            request.cluster->partition + options,
        "#!/bin/bash\n# The job of a run.\n", "TOKEN=attune-TOKEN\n", "{\"device\":\"" + request.config.device + "\"}"};
  }
  Result<std::shared_ptr<api::Cluster>> cluster(const std::string &name) override {
    if (unmet) return *unmet;
    if (auto found = at(name)) return std::shared_ptr<api::Cluster>(std::move(found));
    return Error{ErrorCode::Usage, "There is no cluster of this name.", name, ""};
  }

  Result<std::vector<api::ClusterProfile>> list() override { return saved(); }
  Status save(const api::ClusterProfile &profile) override {
    ATTUNE_CHECK(api::checkProfile(profile));
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (api::ClusterProfile &known : m_profiles)
      if (known.name == profile.name) {
        known = profile;
        return {};
      }
    m_profiles.push_back(profile);
    return {};
  }
  Status remove(const std::string &name) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_profiles.erase(std::remove_if(m_profiles.begin(), m_profiles.end(), [&](const auto &profile) { return profile.name == name; }),
                     m_profiles.end());
    return {};
  }

  Result<std::shared_ptr<api::RunHandle>> start(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) override {
    ATTUNE_TRY(auto run, startRun(request, std::move(sink)));
    return std::shared_ptr<api::RunHandle>(std::move(run));
  }
  Result<std::shared_ptr<api::ClusterRun>> startRun(const api::RunRequest &request, std::shared_ptr<api::EventSink> sink) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_requests.push_back(request);
    if (refusal) return *refusal;
    api::ClusterJob job;
    if (request.cluster) job.cluster = request.cluster->cluster, job.partition = request.cluster->partition;
    return make(request.folder, job, std::move(sink));
  }
  Result<std::shared_ptr<api::ClusterRun>> attach(const std::string &folder, std::shared_ptr<api::EventSink> sink) override {
    while (slow) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::lock_guard<std::mutex> lock(m_mutex);
    for (const auto &run : m_runs)
      if (run->folder() == folder) return std::shared_ptr<api::ClusterRun>(run);
    api::ClusterJob job;
    job.cluster = "kshdtest";
    return make(folder, job, std::move(sink));
  }
  std::vector<std::string> unfinished() override { return earlier; }
  void onJob(std::function<void(const api::ClusterJob &)> changed) override {
    const std::lock_guard<std::mutex> lock(m_listening);
    m_listener = std::move(changed);
  }
  void setVisible(bool) override {}

private:
  std::shared_ptr<api::ClusterRun> make(const std::string &folder, api::ClusterJob job, std::shared_ptr<api::EventSink> sink) {
    job.folder = folder;
    job.host = "login.example";
    job.token = "attune-0123456789ab";
    job.remoteFolder = "/public/home/scientist/.attune/jobs/attune-0123456789ab";
    const auto tell = [this](const api::ClusterJob &now) {
      const std::lock_guard<std::mutex> lock(m_listening);
      if (m_listener) m_listener(now);
    };
    m_runs.push_back(std::make_shared<FakeClusterRun>(job, std::move(sink), steps, queued, tell));
    return m_runs.back();
  }

  std::mutex m_mutex, m_listening;
  std::vector<api::ClusterProfile> m_profiles;
  std::map<std::string, std::shared_ptr<FakeCluster>> m_clusters;
  std::vector<api::RunRequest> m_requests;
  std::function<void(const api::ClusterJob &)> m_listener;
  std::vector<std::shared_ptr<FakeClusterRun>> m_runs; // last
};

} // namespace attune::test
