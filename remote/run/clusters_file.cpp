#include "remote/run/clusters_file.h"

#include "core/base/atomic_file.h"
#include "core/base/json_take.h"

#include <algorithm>
#include <filesystem>

namespace attune::remote {
namespace {

constexpr int kSchema = 1;

/// One list of members for both ways.
template <typename Profile, typename Field> void eachField(Profile &profile, const Field &field) {
  field("name", profile.name);
  field("host", profile.host);
  field("port", profile.port);
  field("user", profile.user);
  field("identity_files", profile.identityFiles);
  field("use_agent", profile.useAgent);
  field("jump_hosts", profile.jumpHosts);
  field("environment_script", profile.environmentScript);
  field("root", profile.root);
  field("worker", profile.worker);
  field("partition", profile.partition);
  field("gres", profile.gres);
  field("account", profile.account);
  field("qos", profile.qos);
}

/// Reads what is there; the first value of another type is named.
struct Reader {
  const Json &json;
  std::string &wrong;
  template <typename Value> void operator()(const char *key, Value &value) const {
    const auto found = json.find(key);
    if (found != json.end() && !takeJson(*found, value) && wrong.empty()) wrong = key;
  }
};

} // namespace

Result<std::vector<api::ClusterProfile>> ClustersFile::list() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return read();
}

Result<std::vector<api::ClusterProfile>> ClustersFile::read() const {
  std::vector<api::ClusterProfile> profiles;
  std::error_code ignored;
  if (!std::filesystem::exists(m_path, ignored)) return profiles;
  ATTUNE_TRY(const Json json, readJsonFile(m_path, size_t(4) << 20));
  const auto malformed = [&](const std::string &field) {
    return Error{ErrorCode::MalformedFile, "The list of clusters cannot be read.", m_path + "#" + field, "Mend it, or move it away."};
  };
  if (!json.is_object() || !json.contains("schema") || !json["schema"].is_number_integer()) return malformed("schema");
  if (json["schema"].get<int64_t>() > kSchema)
    return Error{ErrorCode::NewerSchema, "The list of clusters was written by a newer Attune.", m_path + "#schema", "Update Attune."};
  if (!json.contains("clusters") || !json["clusters"].is_array()) return malformed("clusters");
  for (const Json &item : json["clusters"]) {
    const std::string at = "clusters." + std::to_string(profiles.size());
    if (!item.is_object()) return malformed(at);
    std::string wrong;
    profiles.emplace_back();
    eachField(profiles.back(), Reader{item, wrong});
    if (!wrong.empty()) return malformed(at + "." + wrong);
    if (const Status good = api::checkProfile(profiles.back()); !good.ok()) return malformed(at + "." + good.error().where);
  }
  return profiles;
}

Status ClustersFile::write(const std::vector<api::ClusterProfile> &profiles) const {
  Json list = Json::array();
  for (const api::ClusterProfile &profile : profiles) {
    Json item = Json::object();
    eachField(profile, [&](const char *key, const auto &value) { item[key] = value; });
    list.push_back(std::move(item));
  }
  const Json json = {{"schema", kSchema}, {"clusters", std::move(list)}};
  ATTUNE_CHECK(makeFolders(m_workspace));
  return writeFileAtomic(m_path, dumpJson(json) + "\n");
}

Status ClustersFile::save(const api::ClusterProfile &profile) {
  ATTUNE_CHECK(api::checkProfile(profile));
  const std::lock_guard<std::mutex> lock(m_mutex);
  ATTUNE_TRY(auto profiles, read());
  const auto same = std::find_if(profiles.begin(), profiles.end(), [&](const auto &other) { return other.name == profile.name; });
  if (same == profiles.end())
    profiles.push_back(profile);
  else
    *same = profile;
  return write(profiles);
}

Status ClustersFile::remove(const std::string &name) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  ATTUNE_TRY(auto profiles, read());
  const auto same = std::find_if(profiles.begin(), profiles.end(), [&](const auto &other) { return other.name == name; });
  if (same == profiles.end()) return Error{ErrorCode::Usage, "There is no cluster of this name.", name, "Look at the list of clusters."};
  profiles.erase(same);
  return write(profiles);
}

} // namespace attune::remote
