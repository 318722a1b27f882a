#include "app/cli/remote/cluster_install.h"

#include "app/cli/command/output.h"
#include "core/base/shell_word.h"

#include <mutex>

namespace attune::app {

namespace {

std::string phaseText(const api::InstallProgress &progress) {
  std::string share;
  if (progress.percent >= 0) share.append(" ").append(std::to_string(progress.percent)).append(" %");
  switch (progress.phase) {
  case api::InstallPhase::Looking: return "Looking at what is there";
  case api::InstallPhase::Uploading: return "Uploading the sources" + share;
  case api::InstallPhase::Unpacking: return "Unpacking";
  case api::InstallPhase::Building: return "Building" + share + (progress.text.empty() ? "" : ": " + progress.text);
  case api::InstallPhase::Checking: break;
  }
  return "Trying it on a compute node";
}

/// What the cluster's thread tells, until the main thread shows it.
class Told {
public:
  static api::InstallWatch watch(const std::shared_ptr<Told> &told) {
    return {[told](const api::InstallProgress &progress) {
              const std::lock_guard<std::mutex> lock(told->m_mutex);
              told->m_progress = progress;
            },
            [told](const std::string &line) {
              const std::lock_guard<std::mutex> lock(told->m_mutex);
              told->m_lines += line + "\n";
            }};
  }
  void show(CommandContext &context, ProgressLine &line) {
    std::string lines;
    api::InstallProgress progress;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      lines.swap(m_lines);
      progress = m_progress;
    }
    if (!lines.empty() && !context.quiet) {
      line.finish();
      context.err << printable(lines) << std::flush;
    }
    line.show(printable(phaseText(progress)), progress.phase != m_shown);
    m_shown = progress.phase;
  }

private:
  std::mutex m_mutex;
  std::string m_lines;
  api::InstallProgress m_progress;
  api::InstallPhase m_shown = api::InstallPhase::Looking;
};

/// From now on runs there use it; not where the profile names another environment script meanwhile.
Result<bool> adopt(ClusterClient &client, const api::ClusterProfile &before, const std::string &binary) {
  ATTUNE_TRY(api::ClusterProfile now, client.profile(before.name));
  if (now.environmentScript != before.environmentScript) return false;
  now.worker = binary;
  ATTUNE_CHECK(client.service().profiles().save(now));
  return true;
}

} // namespace

Json findingsJson(const api::EnvironmentReport &report) {
  Json checks = Json::array();
  for (const api::EnvironmentFinding &one : report)
    checks.push_back({{"place", one.place}, {"id", one.id}, {"status", one.status}, {"found", one.found}, {"advice", one.advice}});
  return checks;
}

Result<int> installWorker(CommandContext &context, ClusterClient &client, const std::string &name, const InstallOptions &options) {
  ATTUNE_TRY(const auto cluster, client.connect(name));
  if (options.stop) {
    ATTUNE_CHECK(client.wait<void>([&](auto answer) { cluster->stopWorkerBuild(std::move(answer)); }));
    if (context.json) printJson(context, {{"cluster", name}, {"running", false}});
    if (!context.json && !context.quiet) context.err << "No build goes on there.\n";
    return 0;
  }
  const api::ClusterProfile profile = cluster->profile();
  const auto told = std::make_shared<Told>();
  LinkWatch link(client);
  const StopSource leave;
  ProgressLine line(context);
  const auto report = client.wait<api::WorkerReport>(
      [&](auto answer) { cluster->installWorker(options.request, Told::watch(told), leave.token(), std::move(answer)); },
      [&]() -> Status {
        told->show(context, line);
        return link.check(*cluster, cluster->link());
      });
  leave.requestStop();
  told->show(context, line);
  line.finish();
  if (!report.ok()) {
    Error error = report.error();
    const std::string verb = "attune cluster install " + shellWord(name);
    if (error.code == ErrorCode::Interrupted)
      error.hint = "A build that was started goes on there. Follow it with: " + verb + " --attach. End it with: " + verb + " --stop";
    return error;
  }
  const api::InstalledWorker &worker = report->worker;
  const bool tried = !worker.node.empty();
  bool adopted = false;
  if (!worker.broken() && worker.forProfile) {
    ATTUNE_TRY(adopted, adopt(client, profile, worker.binary));
  }
  if (context.json) {
    printJson(context, {{"cluster", name},
                        {"folder", worker.folder},
                        {"binary", worker.binary},
                        {"version", worker.version},
                        {"torch", worker.torch},
                        {"torch_kind", worker.torchKind},
                        {"compiler", worker.compiler},
                        {"environment", worker.environment},
                        {"host", worker.host},
                        {"built", worker.built},
                        {"node", tried ? Json(worker.node) : Json()},
                        {"works", tried ? Json(worker.works) : Json()},
                        {"in_profile", adopted},
                        {"checks", findingsJson(report->findings)}});
    return worker.broken() ? 1 : 0;
  }
  context.out << printable(api::environmentText(report->findings)) << printable(worker.binary) << '\n';
  if (worker.broken())
    return Error{ErrorCode::DeviceFailed, "The training program was built, and does not run on a compute node.",
                 worker.node + ":" + worker.binary, "See what FAIL says above; the profile was not changed."};
  if (context.quiet) return 0;
  if (!tried)
    context.err << "No compute node was free to try it: attune cluster check " << printable(shellWord(name)) << " does that later.\n";
  context.err << (adopted ? "The profile now names it: runs there use it.\n"
                          : "The profile names another environment script and was left as it is.\n");
  return 0;
}

} // namespace attune::app
