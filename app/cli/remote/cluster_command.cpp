// attune cluster: the profiles of clusters, and what a cluster has: partitions, queue, environment, files; installing there.
#include "app/cli/command/output.h"
#include "app/cli/remote/cluster_client.h"
#include "app/cli/remote/cluster_install.h"
#include "core/base/workspace.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iomanip>
#include <map>

namespace attune::app {

namespace {

namespace fs = std::filesystem;

Json profileJson(const api::ClusterProfile &profile) {
  return {{"name", profile.name},
          {"host", profile.host},
          {"port", profile.port == 0 ? Json() : Json(profile.port)},
          {"user", profile.user},
          {"identity_files", profile.identityFiles},
          {"use_agent", profile.useAgent},
          {"jump_hosts", profile.jumpHosts},
          {"environment_script", profile.environmentScript},
          {"root", profile.root},
          {"worker", profile.worker},
          {"partition", profile.partition},
          {"gres", profile.gres},
          {"account", profile.account},
          {"qos", profile.qos}};
}

Json partitionJson(const api::ClusterPartition &partition) {
  return {{"name", partition.name},
          {"up", partition.up},
          {"limit_minutes", partition.limitMinutes < 0 ? Json() : Json(partition.limitMinutes)},
          {"nodes", partition.nodes},
          {"free_nodes", partition.freeNodes},
          {"cores_per_node", partition.coresPerNode},
          {"memory_per_node_bytes", partition.memoryPerNode << 20},
          {"cards_per_node", partition.cardsPerNode},
          {"cards", partition.cards},
          {"free_cards", partition.freeCards}};
}

const char *kindName(api::ClusterFile::Kind kind) {
  switch (kind) {
  case api::ClusterFile::Kind::File: return "file";
  case api::ClusterFile::Kind::Folder: return "folder";
  case api::ClusterFile::Kind::Link: return "link";
  case api::ClusterFile::Kind::Other: break;
  }
  return "other";
}

std::string baseName(const std::string &path) { return path.substr(path.rfind('/') + 1); }

class ClusterCommand : public Command {
public:
  std::string name() const override { return "cluster"; }
  std::string summary() const override { return "Clusters: add, list, remove, check, install, partitions, queue, files"; }
  std::string example() const override {
    return "attune cluster add home --host login.example.org --user me --partition kshdtest --gres dcu\n"
           "  attune cluster partitions home\n"
           "  attune cluster files home upload rows.jsonl data/rows.jsonl\n\n"
           "Actions:\n"
           "  add NAME --host HOST ...        keep how a cluster is reached, in WORKSPACE/clusters.json; never a password\n"
           "  list | remove NAME              the profiles\n"
           "  check NAME                      connect and look at the login node: Slurm, compilers, Python, cards, disk\n"
           "  install NAME                    build the training program there against the site's libtorch, and try it on a node\n"
           "  partitions NAME | queue NAME    what Slurm has, and our jobs in it\n"
           "  files NAME [list [FOLDER]] | files NAME upload FILE TO | files NAME download FILE [TO]\n\n"
           "An unknown host key, passwords and codes are asked for on the terminal; without one only keys, an agent and known hosts will "
           "do.";
  }
  unsigned globalOptions() const override { return kTakesWorkspace; }

  void addOptions(CLI::App &options) override {
    options.add_option("action", m_action, "add, list, remove, check, install, partitions, queue or files")
        ->required()
        ->check(CLI::IsMember({"add", "list", "remove", "check", "install", "partitions", "queue", "files"}));
    options.add_option("name", m_profile.name, "The profile's name");
    options.add_option("words", m_words, "What files does, and its paths");
    const auto of = [this](const char *action, CLI::Option *option) {
      option->each([this, action, name = option->get_name()](const std::string &) { m_belongs[action] = name; });
    };
    const auto add = [&](CLI::Option *option) { of("add", option); };
    const auto install = [&](CLI::Option *option) { of("install", option); };
    add(options.add_option("--host", m_profile.host, "A name, an address, or a Host of ~/.ssh/config"));
    add(options.add_option("--port", m_profile.port, "Port; 0 = of ~/.ssh/config, else 22"));
    add(options.add_option("--user", m_profile.user, "User there; default of ~/.ssh/config, else the one here"));
    add(options.add_option("--identity", m_profile.identityFiles, "A key file, as often as needed"));
    add(options.add_flag("--no-agent", m_noAgent, "Ask no ssh-agent"));
    add(options.add_option("--jump", m_profile.jumpHosts, "A host to pass through, [user@]host[:port], as often as needed"));
    add(options.add_option("--environment", m_profile.environmentScript, "A script on the cluster to source before a run"));
    add(options.add_option("--root", m_profile.root, "Folder on the cluster for jobs and models"));
    add(options.add_option("--worker", m_profile.worker, "The attune program on the cluster"));
    add(options.add_option("--partition", m_profile.partition, "Usual partition"));
    add(options.add_option("--gres", m_profile.gres, "Usual kind of card, as dcu"));
    add(options.add_option("--account", m_profile.account, "Usual account"));
    add(options.add_option("--qos", m_profile.qos, "Usual quality of service"));
    add(options.add_flag("--replace", m_replace, "Let add change a profile that exists"));
    api::WorkerRequest &request = m_install.request;
    install(options.add_option("--torch", request.torch, "Folder of libtorch there; default: the torch that python3 imports"));
    install(options.add_option("--compiler", request.compiler, "C++ compiler there; default: the first that will do"));
    install(options.add_option("--cmake", request.cmake, "CMake there, 3.16 or newer"));
    install(options.add_option("--jobs", request.jobs, "Compiles at a time")->capture_default_str()->check(CLI::Range(1, 9999)));
    install(options.add_option("--memory", request.memory, "MB for them together")->capture_default_str()->check(CLI::Range(500, 9999999)));
    install(options.add_option("--bundle", request.bundle, "Another source bundle than the program's own"));
    install(options.add_flag("--attach", request.attach, "Follow the build that goes on; start none"));
    install(options.add_flag("--stop", m_install.stop, "End the build that goes on"));
  }

  Result<int> run(CommandContext &context) override {
    const std::string verb = "\"cluster " + m_action + "\"";
    for (const auto &[action, option] : m_belongs)
      if (action != m_action)
        return Error{ErrorCode::Usage, verb + " has no " + option + ".", option, "Leave it out; \"cluster " + action + "\" takes it."};
    if (m_action == "list" ? !m_profile.name.empty() : m_profile.name.empty())
      return Error{ErrorCode::Usage, verb + (m_action == "list" ? " takes no name." : " needs the name of a cluster."), "",
                   "See: attune cluster --help"};
    if (!m_words.empty() && m_action != "files")
      return Error{ErrorCode::Usage, "The argument \"" + m_words[0] + "\" was not expected.", "", "See: attune cluster --help"};
    ClusterClient client(context);
    if (m_action == "add") return add(context, client);
    if (m_action == "list") return list(context, client);
    if (m_action == "remove") return remove(context, client);
    if (m_action == "check") return check(context, client);
    if (m_action == "install") return installWorker(context, client, m_profile.name, m_install);
    if (m_action == "partitions") return partitions(context, client);
    return m_action == "queue" ? queue(context, client) : files(context, client);
  }

private:
  Result<int> add(CommandContext &context, ClusterClient &client) {
    ATTUNE_TRY(const auto known, client.service().profiles().list());
    for (const api::ClusterProfile &other : known)
      if (other.name == m_profile.name && !m_replace)
        return Error{ErrorCode::Usage, "There is a cluster of this name.", m_profile.name,
                     "Take another name, or change it with --replace."};
    m_profile.useAgent = !m_noAgent;
    ATTUNE_CHECK(api::checkNewProfile(m_profile, homeFolder()));
    ATTUNE_CHECK(client.service().profiles().save(m_profile));
    if (context.json)
      printJson(context, profileJson(m_profile));
    else if (!context.quiet)
      context.err << "Added. Try it with: attune cluster check " << printable(m_profile.name) << '\n';
    return 0;
  }

  static Result<int> list(CommandContext &context, ClusterClient &client) {
    ATTUNE_TRY(const auto profiles, client.service().profiles().list());
    Json all = Json::array();
    for (const api::ClusterProfile &profile : profiles) {
      all.push_back(profileJson(profile));
      if (context.json) continue;
      const std::string user = profile.user.empty() ? "" : profile.user + "@";
      const std::string port = profile.port == 0 ? "" : ":" + std::to_string(profile.port);
      context.out << printable(profile.name + "  " + user + profile.host + port) << '\n';
    }
    if (context.json) printJson(context, {{"clusters", std::move(all)}});
    if (profiles.empty() && !context.json && !context.quiet) context.err << "There are no clusters yet; \"attune cluster add\" adds one.\n";
    return 0;
  }

  Result<int> remove(CommandContext &context, ClusterClient &client) const {
    ATTUNE_CHECK(client.profile(m_profile.name));
    ATTUNE_CHECK(client.service().profiles().remove(m_profile.name));
    if (context.json) printJson(context, {{"removed", m_profile.name}});
    return 0;
  }

  Result<int> check(CommandContext &context, ClusterClient &client) const {
    ATTUNE_TRY(const auto cluster, client.connect(m_profile.name));
    ATTUNE_TRY(const auto report, client.wait<api::EnvironmentReport>([&](auto answer) { cluster->checkEnvironment(std::move(answer)); }));
    const auto overview = client.wait<api::ClusterOverview>([&](auto answer) { cluster->overview(std::move(answer)); });
    if (context.json) {
      Json found = {{"cluster", m_profile.name}, {"host", cluster->profile().host}, {"checks", findingsJson(report)}};
      found["slurm"] = overview.ok() ? Json(overview->slurm) : Json();
      if (!overview.ok()) found["error"] = errorJson(overview.error());
      printJson(context, found);
      return overview.ok() ? 0 : exitCodeOf(overview.error().code);
    }
    context.out << printable(api::environmentText(report));
    if (!overview.ok()) return overview.error();
    return 0;
  }

  Result<int> partitions(CommandContext &context, ClusterClient &client) const {
    ATTUNE_TRY(const auto cluster, client.connect(m_profile.name));
    ATTUNE_TRY(const auto overview, client.wait<api::ClusterOverview>([&](auto answer) { cluster->overview(std::move(answer)); }));
    if (context.json) {
      Json all = Json::array();
      for (const api::ClusterPartition &partition : overview.partitions) all.push_back(partitionJson(partition));
      printJson(context, {{"cluster", m_profile.name},
                          {"slurm", overview.slurm},
                          {"accounting", overview.accounting},
                          {"partitions", std::move(all)},
                          {"whichpartition", overview.whichPartition}});
      return 0;
    }
    for (const api::ClusterPartition &partition : overview.partitions) {
      std::string cards;
      for (const auto &[kind, count] : partition.cards) {
        const auto free = partition.freeCards.find(kind);
        cards += ", " + std::to_string(free == partition.freeCards.end() ? 0 : free->second) + " of " + std::to_string(count) + " " + kind +
                 " free";
      }
      const std::string limit = partition.limitMinutes < 0 ? "no limit" : "at most " + std::to_string(partition.limitMinutes) + " min";
      context.out << std::left << std::setw(16) << printable(partition.name) << ' ' << (partition.up ? "" : "closed, ") << limit << ", "
                  << partition.freeNodes << " of " << partition.nodes << " nodes free, " << partition.coresPerNode << " cores a node"
                  << printable(cards) << '\n';
    }
    if (!overview.whichPartition.empty()) context.out << '\n' << printable(overview.whichPartition);
    return 0;
  }

  Result<int> queue(CommandContext &context, ClusterClient &client) const {
    ATTUNE_TRY(const auto cluster, client.connect(m_profile.name));
    ATTUNE_TRY(const auto jobs, client.wait<std::vector<api::QueuedJob>>([&](auto answer) { cluster->queue(std::move(answer)); }));
    std::map<std::string, std::string> runs; // folders by token
    for (const std::string &folder : client.service().backend().unfinished())
      if (const auto job = api::readClusterJob(folder); job.ok()) runs[job->token] = folder;
    Json all = Json::array();
    for (const api::QueuedJob &job : jobs) {
      const auto run = runs.find(job.token);
      if (!context.json) {
        context.out << std::left << std::setw(10) << printable(job.id) << ' ' << std::setw(10) << printable(job.state) << ' '
                    << std::setw(12) << printable(job.partition) << ' ' << printable(run != runs.end() ? run->second : job.name)
                    << (job.plain.empty() ? "" : "  " + printable(job.plain)) << '\n';
        continue;
      }
      all.push_back({{"id", job.id},
                     {"name", job.name},
                     {"partition", job.partition},
                     {"state", job.state},
                     {"reason", job.reason},
                     {"text", job.plain},
                     {"never_clears", job.neverClears},
                     {"submitted", job.submitted},
                     {"started", job.started},
                     {"ends", job.ends},
                     {"nodes", job.nodes},
                     {"token", job.token.empty() ? Json() : Json(job.token)},
                     {"run", run != runs.end() ? Json(run->second) : Json()}});
    }
    if (context.json) printJson(context, {{"cluster", m_profile.name}, {"jobs", std::move(all)}});
    return 0;
  }

  Result<int> files(CommandContext &context, ClusterClient &client) const {
    const std::string action = m_words.empty() ? "list" : m_words[0];
    const size_t paths = m_words.empty() ? 0 : m_words.size() - 1;
    const bool known = action == "list" ? paths <= 1 : action == "upload" ? paths == 2 : action == "download" && (paths == 1 || paths == 2);
    if (!known)
      return Error{ErrorCode::Usage, "\"cluster files\" lists a folder, or uploads or downloads a file.", "",
                   "files NAME [list [FOLDER]], files NAME upload FILE TO, files NAME download FILE [TO]"};
    if (action == "list") return listFiles(context, client, paths == 0 ? "" : m_words[1]);
    const bool up = action == "upload";
    const std::string &from = m_words[1];
    std::string to = paths == 2 ? m_words[2] : ".";
    std::error_code ignored;
    if (up && !fs::is_regular_file(from, ignored)) return Error{ErrorCode::FileNotFound, "There is no such file.", from, "Check the path."};
    const bool intoFolder = up ? to.back() == '/' : fs::is_directory(to, ignored);
    if (intoFolder) to += (to.back() == '/' ? "" : "/") + baseName(from);
    ATTUNE_TRY(const auto cluster, client.connect(m_profile.name));
    ATTUNE_CHECK(client.transfer((up ? "Uploading " : "Downloading ") + baseName(from),
                                 [&](api::TransferProgress progress, api::Cluster::Answer<void> answer) {
                                   if (up)
                                     cluster->upload(from, to, std::move(progress), context.stop, std::move(answer));
                                   else
                                     cluster->download(from, to, std::move(progress), context.stop, std::move(answer));
                                 }));
    if (context.json)
      printJson(context, {{"from", from}, {"to", to}, {"bytes", fs::file_size(up ? from : to, ignored)}});
    else
      context.out << printable(to) << '\n';
    return 0;
  }

  Result<int> listFiles(CommandContext &context, ClusterClient &client, const std::string &folder) const {
    ATTUNE_TRY(const auto cluster, client.connect(m_profile.name));
    ATTUNE_TRY(const auto found, client.wait<api::ClusterFiles>([&](auto answer) { cluster->list(folder, std::move(answer)); }));
    Json all = Json::array();
    for (const api::ClusterFile &file : found.files) {
      all.push_back({{"name", file.name}, {"kind", kindName(file.kind)}, {"bytes", file.size}, {"changed", file.changedAt}});
      if (!context.json)
        context.out << std::setw(14) << file.size << ' ' << printable(file.name) << (file.kind == api::ClusterFile::Kind::Folder ? "/" : "")
                    << '\n';
    }
    if (context.json) {
      printJson(context, {{"cluster", m_profile.name},
                          {"folder", found.folder},
                          {"files", std::move(all)},
                          {"refused", found.refused},
                          {"complete", found.complete}});
    } else if (!context.quiet) {
      if (found.refused > 0) context.err << found.refused << " entries are left out, whose names could do harm here.\n";
      if (!found.complete) context.err << "There are more entries than can be listed.\n";
    }
    return 0;
  }

  std::string m_action;
  std::map<std::string, std::string> m_belongs; // an option that was given, by the action that takes it
  InstallOptions m_install;
  api::ClusterProfile m_profile;
  std::vector<std::string> m_words;
  bool m_noAgent = false, m_replace = false;
};

ATTUNE_COMMAND(ClusterCommand);

} // namespace

} // namespace attune::app
