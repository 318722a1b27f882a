#include "remote/run/installed_workers.h"

#include "core/base/atomic_file.h"
#include "core/base/json_take.h"
#include "core/base/sha256.h"
#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/slurm/parse.h"
#include "remote/ssh/upload.h"

#include <algorithm>
#include <filesystem>

namespace attune::remote {

extern const char kWorkerBuild[];

namespace {

constexpr size_t kMaxWorkers = 50;
constexpr int kFormat = 1;

/// "NAME REST" of a line.
std::pair<std::string, std::string> named(const std::string &line) {
  const size_t space = std::min(line.find(' '), line.size());
  return {line.substr(0, space), line.substr(std::min(space + 1, line.size()))};
}

/// A member of a JSON object; null where there is none.
const Json &member(const Json &json, const char *key) {
  static const Json none;
  const auto found = json.find(key);
  return found == json.end() ? none : *found;
}

/// Such a member as short printable text; empty where it is missing or of another type.
std::string text(const Json &json, const char *key) {
  std::string value;
  takeJson(member(json, key), value);
  return shortened(slurm::printable(value), 600);
}

std::optional<Json> record(const std::string &line) {
  auto parsed = parseJson(line, "worker.json");
  int format = 0;
  if (!parsed.ok() || !takeJson(member(*parsed, "format"), format) || format != kFormat) return std::nullopt;
  return std::move(*parsed);
}

} // namespace

std::string findWorkerBundle(const std::string &folder) {
  const std::string name = "/attune-worker.tar.gz";
  const std::string built = folder + "/../worker" + name, installed = folder + "/../share/attune/worker" + name;
  std::error_code ignored;
  const std::string &found = std::filesystem::exists(installed, ignored) ? installed : built;
  return std::filesystem::path(found).lexically_normal().string();
}

Result<std::string> sourceOf(const std::string &bundle) {
  const auto text = readFile(bundle, size_t(64) << 20);
  if (!text.ok())
    return Error{ErrorCode::FileNotFound, "The training program's source bundle cannot be read.", bundle,
                 "Make it with ./dev setup --worker and ./dev build, or give another with --bundle FILE."};
  return "source-" + sha256Hex(*text).substr(0, 12);
}

Result<WorkerFolder> workerFolder(Host &host, const api::ClusterProfile &profile, const std::string &bundle) {
  WorkerFolder folder;
  ATTUNE_TRY(folder.root, host.absolute(profile.root + "/worker"));
  if (!profile.environmentScript.empty()) {
    ATTUNE_TRY(folder.environment, host.absolute(profile.environmentScript));
  }
  if (auto source = sourceOf(bundle); source.ok()) folder.source = std::move(*source);
  return folder;
}

Result<CommandResult> runBuildScript(Host &host, const WorkerFolder &folder, std::vector<std::string> words, bool login) {
  Command command;
  command.script = kWorkerBuild;
  command.login = login;
  command.arguments = std::move(words);
  command.arguments.insert(command.arguments.begin() + 1, folder.root);
  return host.runner().run(command);
}

WorkerLook readLook(const std::string &output, const WorkerFolder &folder, const std::string &used) {
  WorkerLook look;
  look.facts = readFacts(output);
  std::map<std::string, Json> nodes;
  for (const std::string &line : linesAfter(output, "@@node "))
    if (const auto [name, rest] = named(line); auto json = record(rest)) nodes[name] = std::move(*json);
  const std::string ours = look.facts.of("source"), script = look.facts.of("environment_sha256");
  for (const std::string &line : linesAfter(output, "@@worker ")) {
    const auto [name, rest] = named(line);
    const auto json = record(rest);
    if (!json || !isPlainName(name) || look.workers.size() == kMaxWorkers) continue;
    const auto of = [&json = *json](const char *key) { return text(json, key); };
    api::InstalledWorker worker;
    worker.folder = folder.root + "/" + name;
    worker.binary = worker.folder + "/bin/attune";
    worker.version = of("version");
    worker.compiler = of("compiler");
    worker.environment = of("environment");
    worker.host = of("host");
    worker.built = of("built");
    const Json &torch = member(*json, "torch");
    worker.torch = text(torch, "build");
    worker.torchKind = text(torch, "kind");
    worker.ofThisProgram = !ours.empty() && of("bundle") == ours;
    worker.forProfile = worker.environment == folder.environment;
    worker.environmentChanged = worker.forProfile && !folder.environment.empty() && of("environment_sha256") != script;
    worker.inUse = worker.binary == used;
    if (const auto node = nodes.find(name); node != nodes.end()) {
      worker.node = text(node->second, "node");
      takeJson(member(node->second, "works"), worker.works);
    }
    look.workers.push_back(std::move(worker));
  }
  std::stable_sort(look.workers.begin(), look.workers.end(), [](const auto &a, const auto &b) { return a.built > b.built; });
  return look;
}

Result<WorkerLook> lookAtWorkers(Host &host, const api::ClusterProfile &profile, const WorkerFolder &folder) {
  ATTUNE_TRY(const CommandResult result,
             runBuildScript(host, folder, {"look", folder.source.empty() ? "none" : folder.source, folder.environment}));
  ATTUNE_TRY(const std::string used, host.program(profile.worker));
  WorkerLook look = readLook(result.out, folder, used);
  if (!look.facts.has("end")) return host.cannot("The training programs cannot be looked at", result, folder.root);
  return look;
}

Status placeSource(Host &host, const WorkerFolder &folder, const std::string &bundle, const api::InstallWatch &watch,
                   const StopToken &stop) {
  const std::string place = folder.root + "/" + folder.source;
  ATTUNE_TRY(const CommandResult made, runBuildScript(host, folder, {"place", folder.source}));
  if (made.code != 0) return host.cannot("The folder for the sources cannot be made", made, place);
  ATTUNE_TRY(RemoteFiles *const files, host.files());
  ATTUNE_TRY(const auto there, files->find(place + "/tree"));
  if (!there) {
    const auto told = [&](uint64_t done, uint64_t size) {
      if (watch.progress) watch.progress({api::InstallPhase::Uploading, size == 0 ? -1 : static_cast<int>(done * 100 / size), ""});
      host.breathe();
    };
    ATTUNE_CHECK(upload(*files, host.runner(), {bundle, place + "/bundle.tar.gz", told}, stop));
  }
  if (watch.progress) watch.progress({api::InstallPhase::Unpacking, -1, ""});
  ATTUNE_TRY(const CommandResult unpacked, runBuildScript(host, folder, {"unpack", folder.source}));
  if (unpacked.code == 74)
    return Error{ErrorCode::MalformedFile, "The source bundle holds no build_worker.sh.", bundle,
                 "Make it again with ./dev build, or give another with --bundle FILE."};
  if (unpacked.code != 0) return host.cannot("The sources cannot be unpacked", unpacked, place);
  return {};
}

Result<api::ClusterWorkers> clusterWorkers(Host &host, const api::ClusterProfile &profile, const std::string &bundle) {
  ATTUNE_TRY(const WorkerFolder folder, workerFolder(host, profile, bundle));
  ATTUNE_TRY(WorkerLook look, lookAtWorkers(host, profile, folder));
  api::ClusterWorkers workers;
  workers.workers = std::move(look.workers);
  const std::string build = look.facts.of("build");
  if (build == "running" || build == "ended")
    workers.build = {build == "running", look.facts.of("build_environment"), look.facts.of("build_host")};
  return workers;
}

Status stopBuild(Host &host, const api::ClusterProfile &profile) {
  ATTUNE_TRY(const WorkerFolder folder, workerFolder(host, profile, ""));
  ATTUNE_TRY(const CommandResult result, runBuildScript(host, folder, {"stop"}));
  if (result.code == 75)
    return fault("BUILD-STUCK", "The build was asked to stop and has not ended yet.", host.session().options().host + ":" + folder.root,
                 "Look again in some minutes: on another login node it takes longer.");
  if (result.code != 0) return host.cannot("The build cannot be stopped", result, folder.root);
  return {};
}

} // namespace attune::remote
