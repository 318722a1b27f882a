// The loopback cluster as a person has it: a workspace, a home with known hosts, a profile, the service. Runs are of a tiny model
// and the real worker. Test code; events and changes come on other threads and are guarded here.
#pragma once

#include "core/api/event_json.h"
#include "core/api/run_config_json.h"
#include "core/base/json.h"
#include "remote/run/cluster_service.h"
#include "tests/cluster/loopback.h"
#include "tests/support/temp_folder.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

namespace attune::test {

inline std::string textOf(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline bool soon(double seconds, const std::function<bool()> &state) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!state()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

class KeptEvents : public api::EventSink {
public:
  void push(const api::RunEvent &event) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_events.push_back(event);
    m_times.push_back(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  }
  template <typename Event> std::vector<Event> all() const {
    const std::lock_guard<std::mutex> lock(m_mutex);
    std::vector<Event> found;
    for (const api::RunEvent &event : m_events)
      if (const auto *one = std::get_if<Event>(&event.body)) found.push_back(*one);
    return found;
  }
  /// Seconds from a step's own time to its arrival here, sorted.
  std::vector<double> delays() const {
    const std::lock_guard<std::mutex> lock(m_mutex);
    std::vector<double> found;
    for (size_t i = 0; i < m_events.size(); ++i)
      if (std::holds_alternative<api::StepMetrics>(m_events[i].body)) found.push_back(m_times[i] - m_events[i].time);
    std::sort(found.begin(), found.end());
    return found;
  }
  bool finished() const { return !all<api::RunFinished>().empty(); }
  bool warned(const std::string &code) const {
    for (const auto &warning : all<api::RunWarning>())
      if (warning.code == code) return true;
    return false;
  }

private:
  mutable std::mutex m_mutex;
  std::vector<api::RunEvent> m_events;
  std::vector<double> m_times;
};

/// Answers given in advance; what was asked is kept.
class PreparedPrompts : public api::ClusterPrompts {
public:
  api::HostKeyAnswer askHostKey(const api::HostKeyPrompt &prompt, const StopToken &) override {
    const std::lock_guard<std::mutex> lock(mutex);
    keys.push_back(prompt);
    return keyAnswer;
  }
  std::optional<std::vector<std::string>> askLogin(const api::LoginPrompt &prompt, const StopToken &) override {
    const std::lock_guard<std::mutex> lock(mutex);
    rounds.push_back(prompt);
    if (answers.size() < prompt.lines.size()) return std::nullopt;
    std::vector<std::string> given(answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(prompt.lines.size()));
    answers.erase(answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(prompt.lines.size()));
    return given;
  }
  std::mutex mutex;
  api::HostKeyAnswer keyAnswer = api::HostKeyAnswer::Refuse;
  std::vector<std::string> answers;
  std::vector<api::HostKeyPrompt> keys;
  std::vector<api::LoginPrompt> rounds;
};

struct RunHost {
  explicit RunHost(LoopbackOptions options = {}) : cluster(std::move(options)) {
    if (!cluster.started()) return;
    // The login shell sets a PATH of its own; the site's commands come back as a site adds them.
    std::ofstream(cluster.value("LB_HOME") + "/.bash_profile") << "echo welcome\nPATH=" + cluster.value("LB_STATE") + "/bin:$PATH\n";
    std::filesystem::create_directory(home.path() + "/.ssh");
    const int port = linkPort();
    std::string known = textOf(cluster.value("LB_KNOWN_HOSTS"));
    if (port != cluster.port()) known += "[127.0.0.1]:" + std::to_string(port) + known.substr(known.find(' '));
    home.write(".ssh/known_hosts", known);
    profile.name = "loop";
    profile.host = "127.0.0.1";
    profile.port = port;
    profile.user = cluster.value("LB_SSH_USER");
    profile.identityFiles = {cluster.value("LB_SSH_KEY")};
    profile.useAgent = false;
    profile.worker = ATTUNE_BINARY;
    open();
  }

  ~RunHost() {
    service.reset();
    if (linkProcess) outputOf("kill " + std::to_string(linkProcess));
  }

  /// The cluster's own, or that of a link with a delay: ATTUNE_LINK_MS=25 for a round trip of 50 ms.
  int linkPort() {
    const char *milliseconds = std::getenv("ATTUNE_LINK_MS");
    if (!milliseconds) return cluster.port();
    const std::string out = data.path() + "/link";
    linkProcess = std::atoi(outputOf(std::string("python3 ") + ATTUNE_SOURCE_DIR + "/tests/bench/delay_proxy.py " +
                                     std::to_string(cluster.port()) + " " + milliseconds + " >" + out + " 2>/dev/null & echo $!")
                                .c_str());
    int port = 0;
    REQUIRE(soon(10, [&] { return (port = std::atoi(textOf(out).c_str())) > 0; }));
    return port;
  }

  void open() {
    service = remote::makeClusterService({workspace.path(), home.path(), &prompts});
    REQUIRE(service->profiles().save(profile).ok());
  }
  /// As a program that is gone: nothing of it is left but its files.
  void close() { service.reset(); }

  static api::ClusterTarget target() {
    api::ClusterTarget asked;
    asked.cluster = "loop";
    asked.partition = "kshdtest";
    asked.cores = 2;
    asked.gres = "dcu";
    asked.cards = 1;
    asked.minutes = 4;
    return asked;
  }
  /// `more` is further settings of run.json, as ",\"epochs\":2".
  api::RunRequest request(const std::string &more = "") {
    writeModel();
    const std::string text = R"({"name":"tiny","model":"model","dataset":[{"path":"rows.jsonl","format":"tokens"}],"max_length":16,)"
                             R"("batch_size":2,"precision":"fp32","threads":1,"lora":{"rank":4},"optimizer":{"lr":0.01})" +
                             more + "}";
    const std::string path = data.write("run.json", text);
    auto config = api::loadRunConfig(path);
    REQUIRE_MESSAGE(config.ok(), (config.ok() ? "" : config.error().text()));
    api::RunRequest asked;
    asked.config = *config;
    asked.folder = workspace.path() + "/runs/tiny";
    asked.numbered = true;
    asked.cluster = target();
    return asked;
  }

  /// The same in an allocation of salloc.
  api::RunRequest held() {
    api::RunRequest asked = request();
    asked.cluster->mode = api::SubmitMode::Salloc;
    return asked;
  }

  std::shared_ptr<api::ClusterRun> start(const api::RunRequest &request, const std::shared_ptr<KeptEvents> &events) {
    auto run = service->backend().startRun(request, events);
    REQUIRE_MESSAGE(run.ok(), (run.ok() ? "" : run.error().text()));
    return *run;
  }
  std::shared_ptr<api::ClusterRun> attach(const std::string &folder, const std::shared_ptr<KeptEvents> &events) {
    auto run = service->backend().attach(folder, events);
    REQUIRE_MESSAGE(run.ok(), (run.ok() ? "" : run.error().text()));
    return *run;
  }
  /// Waits for a phase; what the job says when it does not come.
  static bool reaches(const api::ClusterRun &run, api::JobPhase phase, double seconds = 60) {
    const bool came = soon(seconds, [&] { return run.job().phase == phase; });
    if (!came) MESSAGE(api::clusterJobJson(run.job()) << textOf(run.folder() + "/log.txt"));
    return came;
  }
  /// Waits for an answer that comes on the cluster's thread.
  template <typename T> static Result<T> answerOf(const std::function<void(api::Cluster::Answer<T>)> &ask, double seconds = 60) {
    auto kept = std::make_shared<std::pair<std::mutex, std::optional<Result<T>>>>();
    ask([kept](Result<T> result) {
      const std::lock_guard<std::mutex> lock(kept->first);
      kept->second = std::move(result);
    });
    const auto here = [&] {
      const std::lock_guard<std::mutex> lock(kept->first);
      return kept->second.has_value();
    };
    REQUIRE(soon(seconds, here));
    return *kept->second;
  }

  /// Another program in place of the worker: lines of bash that begin in the job's folder, with these at hand:
  /// `step N`, `checkpoint N`, `finish completed|stopped N`; `result` makes an adapter.
  /// USR1 can be trapped: the shell did not begin with it as ignored.
  void setWorker(const std::string &lines) {
    const std::string path = cluster.value("LB_HOME") + "/worker";
    std::ofstream(path)
        << "#!/bin/bash\n[ -n \"$AGAIN\" ] || AGAIN=1 exec perl -e '$SIG{USR1} = $SIG{TERM} = \"DEFAULT\"; exec @ARGV' bash \"$0\" \"$@\"\n"
           "mkdir -p run/adapter; echo '{\"name\":\"x\"}' >run/run.json\n"
           "e() { echo \"$1\" >>run/events.jsonl; }\n"
           "step() { e '{\"type\":\"step\",\"seq\":'$1',\"time\":'$(date +%s.%N)',\"step\":'$1',\"loss\":1.5}'; }\n"
           "checkpoint() { mkdir -p run/checkpoints/step-$1; echo $1 >run/checkpoints/step-$1/state; "
           "e '{\"type\":\"checkpoint\",\"seq\":1,\"time\":1,\"step\":'$1',\"path\":\"checkpoints/step-'$1'\"}'; }\n"
           "finish() { e '{\"type\":\"run_finished\",\"seq\":1,\"time\":1,\"outcome\":\"'$1'\",\"step\":'$2'}'; }\n"
           "result() { echo weights >run/adapter/adapter_config.json; }\n"
        << lines;
    outputOf("chmod 755 " + path);
    if (profile.worker == path) return;
    close();
    profile.worker = path;
    open();
  }
  /// A worker that trains until it is stopped, with a checkpoint when it is asked for one.
  static constexpr const char *kTrainsOn = "i=0; trap 'checkpoint $i' USR1; trap 'checkpoint $i; finish stopped $i; exit 130' TERM\n"
                                           "while [ $i -lt 3000 ]; do i=$((i+1)); step $i; sleep 0.1; done\n";
  std::shared_ptr<api::Cluster> link() {
    auto made = service->cluster("loop");
    REQUIRE(made.ok());
    return *made;
  }
  /// How many jobs Slurm ever had, by its own count.
  int jobs() const { return std::atoi(slurm("squeue -h -t all -o %A | sort -u | wc -l").c_str()); }

  std::string remoteFile(const api::ClusterJob &job, const std::string &name) const { return textOf(job.remoteFolder + "/" + name); }
  /// As root on the cluster, whatever its client does.
  std::string slurm(const std::string &command) const { return outputOf("SLURM_CONF=" + cluster.value("SLURM_CONF") + " " + command); }

  void writeModel() {
    const std::string from = std::string(ATTUNE_SOURCE_DIR) + "/tests/data/tiny_llama/plain/";
    std::filesystem::create_directories(data.path() + "/model");
    for (const char *name : {"config.json", "model.safetensors"})
      std::filesystem::copy_file(from + name, data.path() + "/model/" + name, std::filesystem::copy_options::overwrite_existing);
    std::string rows;
    for (int row = 0; row < 24; ++row) {
      std::string ids, labels;
      for (int i = 0; i < 4 + (row * 7) % 11; ++i) {
        const std::string id = std::to_string(3 + (row * 5 + i * i) % 37);
        ids.append(i ? "," : "").append(id);
        labels.append(i ? "," : "").append(i < 2 ? "-100" : id);
      }
      rows.append("{\"ids\":[").append(ids).append("],\"labels\":[").append(labels).append("]}\n");
    }
    data.write("rows.jsonl", rows);
  }

  Loopback cluster;
  TempFolder home, workspace, data;
  PreparedPrompts prompts;
  api::ClusterProfile profile;
  std::unique_ptr<api::ClusterService> service;
  int linkProcess = 0;
};

} // namespace attune::test
