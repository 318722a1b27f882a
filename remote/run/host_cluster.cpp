#include "remote/run/host_cluster.h"

#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/run/environment_check.h"
#include "remote/run/worker_install.h"
#include "remote/slurm/job_script.h"
#include "remote/slurm/job_state.h"
#include "remote/slurm/slurm_command.h"
#include "remote/slurm/slurm_fault.h"
#include "remote/ssh/command_frame.h"
#include "remote/ssh/download.h"
#include "remote/ssh/upload.h"

namespace attune::remote {
namespace {

const char *const kQueue = R"sh(
timeout 60 squeue -h -u "$(id -un)" -o "$1"
)sh";

api::ClusterFile describe(const RemoteFile &file) {
  static constexpr api::ClusterFile::Kind kinds[] = {api::ClusterFile::Kind::File, api::ClusterFile::Kind::Folder,
                                                     api::ClusterFile::Kind::Link, api::ClusterFile::Kind::Other};
  return {file.name, kinds[static_cast<size_t>(file.kind)], file.size, static_cast<double>(file.changedAt)};
}

Status checkPath(const std::string &path) {
  if (path.find('\0') == std::string::npos && path.find('\n') == std::string::npos) return {};
  return Error{ErrorCode::Usage, "A path on the cluster holds a line break or a zero byte.", "", "Name the file."};
}

} // namespace

template <typename T> void HostCluster::ask(Answer<T> answer, std::function<Result<T>(Host &)> work, bool isLong) {
  m_worker->post(
      [answer = std::move(answer), work = std::move(work)](Result<Host *> host) {
        if (host.ok())
          answer(work(**host));
        else
          answer(host.error());
      },
      isLong);
}

void HostCluster::overview(Answer<api::ClusterOverview> answer) {
  ask<api::ClusterOverview>(std::move(answer), [](Host &host) -> Result<api::ClusterOverview> {
    ATTUNE_CHECK(host.probeSlurm());
    const slurm::Capabilities &known = *host.slurm();
    api::ClusterOverview overview;
    overview.slurm = known.version;
    overview.partitions = known.partitions;
    overview.whichPartition = known.whichPartition;
    overview.accounting = known.accounting;
    return overview;
  });
}

void HostCluster::queue(Answer<std::vector<api::QueuedJob>> answer) {
  ask<std::vector<api::QueuedJob>>(std::move(answer), [](Host &host) -> Result<std::vector<api::QueuedJob>> {
    const std::string mark = randomMark();
    ATTUNE_TRY(const CommandResult result, host.runner().run(slurm::slurmCommand(kQueue, {slurm::queueFormat(mark)})));
    if (const auto failed = slurm::schedulerFault(result, host.session().options().host)) return *failed;
    std::vector<api::QueuedJob> jobs;
    for (const slurm::QueueRow &row : slurm::parseQueue(result.out, mark).rows) {
      api::QueuedJob job;
      job.id = row.id.text();
      job.name = shortened(slurm::printable(row.name), 200);
      job.partition = slurm::printable(row.partition);
      job.state = slurm::printable(row.state);
      job.reason = slurm::printable(row.reason);
      job.plain = slurm::plainReason(row.reason);
      job.neverClears = row.state == "PENDING" && slurm::neverClears(row.reason);
      job.submitted = slurm::printable(row.submitted);
      job.started = slurm::printable(row.started);
      job.ends = slurm::printable(row.ends);
      job.nodes = slurm::printable(row.nodes);
      if (slurm::isToken(row.name)) job.token = row.name;
      jobs.push_back(std::move(job));
    }
    return jobs;
  });
}

void HostCluster::act(const api::QueuedJob &job, api::JobAction action, Answer<std::string> answer) {
  ask<std::string>(std::move(answer), [job, action](Host &host) -> Result<std::string> {
    if (job.token.empty())
      return Error{ErrorCode::Usage, "Another program submitted this job.", job.id, "Use that program, or scancel on the cluster."};
    const slurm::JobKey key{job.token, job.id};
    Status done;
    switch (action) {
    case api::JobAction::Cancel: return host.client().cancel(key);
    case api::JobAction::Hold: done = host.client().hold(key); break;
    case api::JobAction::Release: done = host.client().release(key); break;
    case api::JobAction::Checkpoint: done = host.client().checkpoint(key); break;
    }
    if (!done.ok()) return done.error();
    ATTUNE_TRY(const auto looks, host.client().look({key}, false));
    return looks.front().queue ? slurm::printable(looks.front().queue->state) : std::string();
  });
}

void HostCluster::list(const std::string &folder, Answer<api::ClusterFiles> answer) {
  ask<api::ClusterFiles>(std::move(answer), [folder](Host &host) -> Result<api::ClusterFiles> {
    ATTUNE_CHECK(checkPath(folder));
    ATTUNE_TRY(RemoteFiles *const there, host.files());
    api::ClusterFiles files;
    ATTUNE_TRY(files.folder, host.absolute(folder));
    ATTUNE_TRY(const RemoteList found, there->list(files.folder));
    for (const RemoteFile &file : found.files) files.files.push_back(describe(file));
    files.refused = found.refused;
    files.complete = found.complete;
    return files;
  });
}

void HostCluster::download(const std::string &from, const std::string &to, api::TransferProgress progress, StopToken stop,
                           Answer<void> answer) {
  ask<void>(
      std::move(answer),
      [=](Host &host) -> Status {
        ATTUNE_CHECK(checkPath(from));
        ATTUNE_TRY(const std::string path, host.absolute(from));
        ATTUNE_TRY(RemoteFiles *const files, host.files());
        const auto told = [&](uint64_t done, uint64_t size) {
          if (progress) progress(done, size);
          host.breathe();
        };
        return remote::download(*files, host.runner(), {path, to, "", told}, stop);
      },
      true);
}

void HostCluster::upload(const std::string &from, const std::string &to, api::TransferProgress progress, StopToken stop,
                         Answer<void> answer) {
  ask<void>(
      std::move(answer),
      [=](Host &host) -> Status {
        ATTUNE_CHECK(checkPath(to));
        ATTUNE_TRY(const std::string path, host.absolute(to));
        ATTUNE_TRY(RemoteFiles *const files, host.files());
        const auto told = [&](uint64_t done, uint64_t size) {
          if (progress) progress(done, size);
          host.breathe();
        };
        return remote::upload(*files, host.runner(), {from, path, told}, stop);
      },
      true);
}

void HostCluster::checkEnvironment(Answer<api::EnvironmentReport> answer) {
  const api::ClusterProfile profile = m_worker->profile();
  ask<api::EnvironmentReport>(
      std::move(answer),
      [profile](Host &host) -> Result<api::EnvironmentReport> {
        api::EnvironmentReport report = checkLoginNode(host, profile);
        for (api::EnvironmentFinding &finding : checkComputeNode(host, profile)) report.push_back(std::move(finding));
        return report;
      },
      true);
}

void HostCluster::workers(Answer<api::ClusterWorkers> answer) {
  ask<api::ClusterWorkers>(
      std::move(answer), [profile = m_worker->profile(), bundle = m_bundle](Host &host) { return clusterWorkers(host, profile, bundle); });
}

void HostCluster::installWorker(const api::WorkerRequest &request, api::InstallWatch watch, StopToken leave,
                                Answer<api::WorkerReport> answer) {
  api::WorkerRequest asked = request;
  if (asked.bundle.empty()) asked.bundle = m_bundle;
  if (!asked.attach)
    if (const auto source = sourceOf(asked.bundle); !source.ok()) return answer(source.error());
  m_worker->follow(std::make_shared<WorkerInstall>(m_worker->profile(), asked, std::move(watch), std::move(leave), std::move(answer)));
}

void HostCluster::stopWorkerBuild(Answer<void> answer) {
  ask<void>(std::move(answer), [profile = m_worker->profile()](Host &host) { return stopBuild(host, profile); });
}

} // namespace attune::remote
