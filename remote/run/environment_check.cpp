#include "remote/run/environment_check.h"

#include "core/base/json.h"
#include "core/base/shorten.h"
#include "remote/run/facts.h"
#include "remote/slurm/parse.h"
#include "remote/slurm/request.h"
#include "remote/slurm/slurm_fault.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace attune::remote {

extern const char kEnvironmentFacts[];

namespace {

using api::EnvironmentReport;

constexpr double kGiB = 1073741824.0;

std::string gib(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", bytes / kGiB);
  return text;
}

/// "13" of "g++ (Debian 13.2.0-1) 13.2.0"; 0 = not told.
int majorVersion(const std::string &text) {
  const size_t at = text.find_last_of(' ');
  return std::atoi(text.c_str() + (at == std::string::npos ? 0 : at + 1));
}

class Judge {
public:
  Judge(const Facts &facts, std::string doctor, std::string place)
      : m_facts(facts), m_doctor(std::move(doctor)), m_place(std::move(place)) {}

  EnvironmentReport run() {
    add("system", "ok", m_facts.of("system"));
    disk();
    script();
    if (m_facts.has("end")) {
      tools();
      torch();
      for (const char *name : {"deepspeed", "bitsandbytes", "xformers"}) library(name);
      cards();
      internet();
      worker();
    }
    return std::move(m_report);
  }

private:
  void add(const std::string &id, const char *status, const std::string &found, const std::string &advice = "") {
    m_report.push_back({m_place, id, status, found, advice});
  }

  void disk() {
    const double free = std::atof(m_facts.of("home_free").c_str());
    const bool short_ = free < 2 * kGiB;
    if (m_facts.has("home_free"))
      add("disk", short_ ? "warn" : "ok", gib(free) + " free where the home folder lies",
          short_ ? "A run's checkpoints may not fit: choose another work folder in the profile, or make room." : "");
    if (m_facts.has("quota")) add("quota", "ok", m_facts.of("quota"));
  }

  void script() {
    const std::string there = m_facts.of("script");
    const std::string name = "the environment script" + (m_facts.has("script_path") ? " " + m_facts.of("script_path") : "");
    if (there == "missing") {
      add("environment_script", "fail", name + " cannot be read", "Correct its path in the profile.");
      return;
    }
    if (const auto lines = m_facts.values.find("unexported"); lines != m_facts.values.end())
      for (const std::string &line : lines->second)
        add("set_not_export", "warn", "line " + line + " sets nothing that a program sees", "Write export instead of set there.");
    if (there.empty()) {
      if (!m_facts.has("end")) add("facts", "fail", "the check ended before its end", "Look at the login's start-up files.");
    } else if (!m_facts.has("script_code")) {
      add("environment_script", "fail", name + " ends the shell (exit)", "Replace exit by return in it: it is sourced.");
    } else if (m_facts.of("script_code") != "0") {
      add("environment_script", "fail", name + " ends with code " + m_facts.of("script_code"),
          "Runs are not started then: source it by hand and mend what it says.");
    } else {
      add("environment_script", "ok", "it is sourced without an error");
    }
  }

  void tools() {
    const std::string compiler = m_facts.of("tool_g++");
    if (compiler.empty() || majorVersion(compiler) < 9)
      add("compiler", "warn", compiler.empty() ? "there is no g++" : compiler,
          "Building the training program needs GCC 9 or newer: load a module for it in the environment script.");
    else
      add("compiler", "ok", compiler);
    if (const std::string cmake = m_facts.of("tool_cmake"); !cmake.empty())
      add("cmake", "ok", cmake);
    else
      add("cmake", "warn", "there is no cmake",
          "Building the training program needs CMake 3.16: load a module, or pip install --user cmake.");
  }

  bool rocm() const { return m_facts.has("torch_hip") && m_facts.of("torch_hip") != "None"; }
  bool noCuda() const { return m_facts.of("torch_cuda") == "None"; }

  void torch() {
    if (!m_facts.has("python"))
      return add("python", "warn", "there is no python3", "Attune needs none; it is only looked at to find torch.");
    add("python", "ok", m_facts.of("python"));
    if (m_facts.has("torch_error") || !m_facts.has("torch")) {
      const std::string why = m_facts.of("torch_error");
      return add("torch", "warn", why.empty() ? "torch does not load" : why,
                 "Name the site's environment script in the profile: the training program is built against its torch.");
    }
    const std::string what = m_facts.of("torch") + (rocm() ? ", for ROCm or DTK " + m_facts.of("torch_hip") : "") +
                             (noCuda() ? "" : ", for CUDA " + m_facts.of("torch_cuda")) +
                             (m_facts.of("torch_abi") == "0" ? ", old string ABI" : "");
    if (m_facts.of("driver") == "amd" && !rocm())
      return add("torch", "fail", what + ", on a node with AMD or DCU cards",
                 "This torch cannot use the cards; a pip install has probably replaced the site's build. Never install torch over it: use "
                 "the site's, or a virtual environment of your own.");
    add("torch", "ok", what, rocm() && noCuda() ? "torch.version.cuda is None here. Attune does not read it; DeepSpeed stops at it." : "");
  }

  void library(const char *name) {
    if (!m_facts.has(name)) return;
    const std::string found = m_facts.of(name);
    const bool is = found.rfind("there ", 0) == 0, broken = found.rfind("broken ", 0) == 0;
    if (!is && !broken) return add(name, "ok", "not installed; Attune does not need it");
    const std::string what = broken ? "it does not load: " + found.substr(7) : found.substr(6);
    std::string advice;
    if (std::string(name) == "deepspeed" && (rocm() || broken))
      advice =
          "DeepSpeed compares CUDA versions also on ROCm: skip assert_no_cuda_mismatch in op_builder/builder.py. Attune does not need it.";
    if (std::string(name) == "bitsandbytes" && (rocm() || broken))
      advice = "bitsandbytes refuses cards that are not NVIDIA's, or quantises on the CPU (0.38.1). Attune's NF4 and int8 need none of it.";
    if (std::string(name) == "xformers" && (rocm() || broken))
      advice = "xFormers' wheels are for CUDA; AMD keeps a fork. Attune's attention needs none of it.";
    add(name, advice.empty() ? "ok" : "warn", what, advice);
  }

  void cards() {
    if (const auto found = m_facts.values.find("card"); found != m_facts.values.end())
      for (const std::string &card : found->second) {
        const size_t first = std::min(card.find(' '), card.size()), second = std::min(card.find(' ', first + 1), card.size());
        const std::string arch = first < second ? card.substr(first + 1, second - first - 1) : "-";
        add("card", "ok",
            card.substr(std::min(second + 1, card.size())) + (arch == "-" ? "" : " (" + arch + ")") + ", " + gib(std::atof(card.c_str())));
      }
    else if (m_facts.has("driver"))
      add("card", "warn", "the driver of " + m_facts.of("driver") + " cards is there, and torch sees none of them",
          "On a login node that is usual. In a job: ask for cards (--gres), and see that the environment script does not hide them.");
  }

  void internet() {
    if (m_facts.of("internet") == "yes") add("internet", "ok", "the internet can be reached");
    if (m_facts.of("internet") == "no")
      add("internet", "ok", "the internet cannot be reached from here", "Models are uploaded, or lie on the cluster already.");
  }

  void worker() {
    if (m_facts.of("worker") == "missing")
      return add("worker", "fail", "the training program is not there, or not on the path",
                 "Build it from the Cluster page, or correct its path in the profile.");
    const auto parsed = parseJson(m_doctor, "attune doctor");
    if (!parsed.ok() || !parsed->is_object() || !parsed->contains("checks") || !(*parsed)["checks"].is_array())
      return add("worker", "fail", "the training program is there and does not start",
                 "Run it there by hand after sourcing the environment script: it was probably built against another torch.");
    for (const Json &check : (*parsed)["checks"]) {
      if (!check.is_object()) continue;
      const auto text = [&](const char *key) {
        const auto value = check.find(key);
        return value != check.end() && value->is_string() ? shortened(slurm::printable(value->get<std::string>()), 600) : std::string();
      };
      const std::string status = text("status");
      add("worker." + text("id"), status == "ok" ? "ok" : status == "warn" ? "warn" : "fail", text("found"), text("advice"));
    }
  }

  const Facts &m_facts;
  const std::string m_doctor; // what it printed: JSON
  const std::string m_place;
  EnvironmentReport m_report;
};

EnvironmentReport failed(const std::string &place, const Error &error) { return {{place, "reach", "fail", error.message, error.hint}}; }

// $1 the environment script or nothing, $2 the training program; sourced as run.sh does it.
const char *const kFindWorker = R"sh(
attune_worker=$2
set +eu
[ -z "$1" ] || . "$1" >/dev/null 2>&1 </dev/null
if type -P -- "$attune_worker" >/dev/null; then echo '@@fact worker there'; else echo '@@fact worker missing'; fi
exit 0
)sh";

/// What the scripts get first: the environment script and the training program.
Result<std::vector<std::string>> arguments(Host &host, const api::ClusterProfile &profile) {
  std::string environment;
  if (!profile.environmentScript.empty()) {
    ATTUNE_TRY(environment, host.absolute(profile.environmentScript));
  }
  ATTUNE_TRY(const std::string worker, host.program(profile.worker));
  return std::vector<std::string>{environment, worker};
}

/// A node of the usual partition with one card of its kind, for a minute.
Result<slurm::JobRequest> smallRequest(Host &host, const api::ClusterProfile &profile) {
  ATTUNE_CHECK(host.probeSlurm());
  const auto &partitions = host.slurm()->partitions;
  slurm::JobRequest request;
  request.partition = profile.partition;
  for (const bool withCards : {true, false}) {
    if (!request.partition.empty()) break;
    const auto open = std::find_if(partitions.begin(), partitions.end(), [&](const slurm::Partition &partition) {
      return partition.up && partition.freeNodes > 0 && (!withCards || !partition.freeCards.empty());
    });
    if (open != partitions.end()) request.partition = open->name;
  }
  const auto same = [&](const slurm::Partition &partition) { return partition.name == request.partition; };
  const auto found = std::find_if(partitions.begin(), partitions.end(), same);
  if (found != partitions.end() && !found->cardsPerNode.empty()) {
    request.gres = profile.gres.empty() ? found->cardsPerNode.begin()->first : profile.gres;
    request.cards = 1;
  }
  request.cores = 1;
  request.minutes = 4;
  request.account = profile.account;
  request.qos = profile.qos;
  ATTUNE_CHECK(slurm::checkRequest(request, partitions));
  return request;
}

Result<EnvironmentReport> onLogin(Host &host, const api::ClusterProfile &profile) {
  Command command;
  command.script = kEnvironmentFacts;
  ATTUNE_TRY(command.arguments, arguments(host, profile));
  command.seconds = 400;
  ATTUNE_TRY(const CommandResult result, host.runner().run(command));
  return judgeEnvironment(result.out, "login node");
}

Result<EnvironmentReport> onCompute(Host &host, const api::ClusterProfile &profile) {
  ATTUNE_TRY(const slurm::JobRequest request, smallRequest(host, profile));
  Command command;
  command.script = std::string("attune_environment=$1 attune_worker=$2; shift 2\n"
                               "timeout 330 srun \"$@\" --job-name=attune-check --immediate=60 --quiet /bin/bash -l -s -- "
                               "\"$attune_environment\" \"$attune_worker\" <<'ATTUNE_FACTS_END'\n") +
                   kEnvironmentFacts + "\nATTUNE_FACTS_END\n";
  ATTUNE_TRY(command.arguments, arguments(host, profile));
  for (std::string &option : slurm::requestOptions(request)) command.arguments.push_back(std::move(option));
  command.seconds = 400;
  ATTUNE_TRY(const CommandResult result, host.runner().run(command));
  if (result.out.find("@@fact host ") != std::string::npos) return judgeEnvironment(result.out, "compute node");
  if (const auto down = slurm::schedulerFault(result, host.session().options().host)) return *down;
  return EnvironmentReport{{"compute node", "node", "warn",
                            "no node of " + request.partition + " could be had within a minute: " +
                                shortened(slurm::printable(result.err.substr(0, result.err.find('\n'))), 300),
                            "Check again when one is free; what the login node says stands above."}};
}

} // namespace

api::EnvironmentReport judgeEnvironment(const std::string &output, const std::string &place) {
  const Facts facts = readFacts(output);
  const std::vector<std::string> doctor = linesAfter(output, "@@doctor ");
  const std::string host = facts.of("host");
  return Judge(facts, doctor.empty() ? "" : doctor.back(), host.empty() ? place : place + " " + host).run();
}

std::optional<api::RunWarning> doubtWorker(Host &host, const api::ClusterProfile &profile, const StopToken &stop) {
  if (!isOnPath(profile.worker)) return std::nullopt; // the preflight looks at it
  Command command;
  command.script = kFindWorker;
  auto given = arguments(host, profile);
  if (!given.ok()) return std::nullopt;
  command.arguments = *given;
  const auto result = host.runner().run(command, stop);
  if (!result.ok()) return std::nullopt; // a lost line is told by what comes next
  const std::string found = readFacts(result->out).of("worker"), &script = given->front();
  const std::string name = "The training program \"" + slurm::printable(profile.worker) + "\"";
  if (found.empty() && !script.empty())
    return api::RunWarning{"environment_exits", "The environment script " + slurm::printable(script) +
                                                    " ends the shell on the login node: it is sourced, so replace exit by return in it, "
                                                    "and leave set -e out."};
  if (found != "missing") return std::nullopt;
  return api::RunWarning{"worker_not_found",
                         name + " is not found on the login node" + (script.empty() ? "" : " after " + slurm::printable(script)) +
                             ". Unless the nodes have it, the job will end at once: install it from the Cluster page or with \"attune "
                             "cluster install " +
                             slurm::printable(profile.name) + "\", or give its path in the profile."};
}

api::EnvironmentReport checkLoginNode(Host &host, const api::ClusterProfile &profile) {
  auto report = onLogin(host, profile);
  return report.ok() ? std::move(*report) : failed("login node", report.error());
}

api::EnvironmentReport checkComputeNode(Host &host, const api::ClusterProfile &profile) {
  auto report = onCompute(host, profile);
  return report.ok() ? std::move(*report) : failed("compute node", report.error());
}

} // namespace attune::remote
