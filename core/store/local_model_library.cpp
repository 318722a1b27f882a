#include "core/store/local_model_library.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/data/describe_path.h"
#include "core/store/model_search.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>

namespace attune::store {

namespace fs = std::filesystem;

namespace {

constexpr int kSchema = 1;
constexpr size_t kMaxListed = 10000;

std::string cleanPath(const std::string &path) {
  std::error_code error;
  std::string clean = fs::absolute(fs::path(path), error).lexically_normal().string();
  if (error) return path;
  while (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return clean;
}

bool isBelow(const std::string &path, const std::string &folder) { return path.compare(0, folder.size() + 1, folder + "/") == 0; }

/// Changes whenever a file of the model does: names, sizes and times.
std::string stateOf(const std::string &path) {
  std::string state;
  const auto note = [&state](const fs::path &file) {
    struct stat info = {};
    if (::stat(file.c_str(), &info) != 0) return;
    state += file.filename().string() + '\n' + std::to_string(info.st_size) + ' ' + std::to_string(info.st_mtim.tv_sec) + '.' +
             std::to_string(info.st_mtim.tv_nsec) + '\n';
  };
  note(path);
  std::error_code error;
  size_t count = 0;
  if (!fs::is_directory(path, error)) return state;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end && ++count < 50000; entry.increment(error))
    note(entry->path());
  return state;
}

int64_t numberOf(const Json &facts, const char *key) {
  const auto found = facts.find(key);
  return found != facts.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

void fill(api::ModelCard &card, const io::Description &description) {
  const io::ModelFacts &model = description.model;
  card.format = model.format;
  if (model.config) {
    card.architecture = model.config->architecture;
    card.dtype = model.config->storedDtype;
    card.parameters = model.config->parameterCount();
    card.layers = model.config->layers;
    card.hidden = model.config->hidden;
    card.vocabulary = model.config->vocab;
    card.context = model.config->context;
  }
  card.tokenizer = model.tokenizer;
  card.chatTemplate = model.chatTemplate;
  card.license = model.license;
  card.licenseText = model.licenseText;
  card.sizes = model.sizes;
  card.files = model.files;
  card.fileCount = model.fileCount;
  card.moreFiles = model.moreFiles;
  card.bytes = model.fileBytes;
  card.problems = description.problems;
}

/// Without weights, settings and tokenizer can be read, but neither training nor chat has anything to work with.
std::optional<Error> lackOfWeights(const std::string &path, const io::Description &description) {
  if (description.model.hasWeights) return std::nullopt;
  for (const Error &problem : description.problems)
    if (problem.code == ErrorCode::MissingInFolder) return problem;
  return Error{ErrorCode::MissingInFolder, "There are settings and no weights.", path, "", {}};
}

} // namespace

LocalModelLibrary::LocalModelLibrary(std::string workspace)
    : m_folder(cleanPath(workspace) + "/models"), m_list(workspace + "/models.json") {}

Result<std::vector<std::string>> LocalModelLibrary::readList() const {
  std::vector<std::string> paths;
  const auto json = readJsonFile(m_list, size_t(16) << 20);
  if (!json.ok()) {
    if (json.error().code == ErrorCode::FileNotFound) return paths;
    return json.error();
  }
  if (!json->is_object() || !json->contains("added") || !json->at("added").is_array())
    return Error{
        ErrorCode::MalformedFile, "The list of models is not one of Attune.", m_list, "Move the file away to begin a new list.", {}};
  if (numberOf(*json, "schema") > kSchema)
    return Error{ErrorCode::NewerSchema, "The list of models was written by a newer version of Attune.", m_list, "Update Attune.", {}};
  for (const Json &path : json->at("added"))
    if (path.is_string() && paths.size() < kMaxListed) paths.push_back(path.get<std::string>());
  return paths;
}

Status LocalModelLibrary::writeList(const std::vector<std::string> &paths) const {
  return writeFileAtomic(m_list, dumpJson(Json{{"schema", kSchema}, {"added", paths}}) + "\n");
}

Result<std::vector<api::ModelPlace>> LocalModelLibrary::find(const StopToken &stop) {
  ATTUNE_TRY(const std::vector<std::string> listed, readList());
  std::vector<std::string> paths = searchModelsBelow(m_folder, stop);
  paths.insert(paths.end(), listed.begin(), listed.end());
  const auto nameOf = [](const std::string &path) { return fs::path(path).filename().string(); };
  std::sort(paths.begin(), paths.end(), [&](const std::string &a, const std::string &b) {
    const std::string first = nameOf(a), second = nameOf(b);
    return first != second ? first < second : a < b;
  });
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::vector<api::ModelPlace> places;
  for (const std::string &path : paths) places.push_back({path, isBelow(path, m_folder)});
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_known = std::move(paths);
  return places;
}

api::ModelCard LocalModelLibrary::describe(const api::ModelPlace &place) {
  const std::string state = stateOf(place.path);
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    const auto kept = m_cards.find(place.path);
    if (kept != m_cards.end() && kept->second.state == state) return kept->second.card;
  }
  api::ModelCard card;
  card.place = place;
  const Result<io::Description> description = data::describePath(place.path);
  if (!description.ok()) {
    card.refusal = description.error();
  } else {
    fill(card, *description);
    card.refusal = description->error ? description->error : lackOfWeights(place.path, *description);
    if (card.refusal) // it is among them, too
      card.problems.erase(std::remove_if(card.problems.begin(), card.problems.end(),
                                         [&](const Error &problem) { return problem.message == card.refusal->message; }),
                          card.problems.end());
  }
  if (card.format == "gguf") {
    std::error_code error;
    card.bytes = static_cast<int64_t>(fs::file_size(place.path, error));
    card.files = {{fs::path(place.path).filename().string(), error ? 0 : card.bytes}};
    card.fileCount = 1;
  }
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_cards[place.path] = {state, card};
  return card;
}

Result<std::vector<std::string>> LocalModelLibrary::add(const std::string &path, const StopToken &stop) {
  const std::string clean = cleanPath(path);
  std::vector<std::string> found = looksLikeModel(clean) ? std::vector<std::string>{clean} : searchModels(clean, stop);
  if (found.empty())
    return Error{ErrorCode::UnsupportedFormat,
                 "There is no model here: neither a folder with config.json nor a GGUF file.",
                 clean,
                 "Choose the folder that holds config.json.",
                 {}};
  const std::lock_guard<std::mutex> lock(m_listMutex);
  ATTUNE_TRY(std::vector<std::string> listed, readList());
  for (const std::string &model : found)
    if (!isBelow(model, m_folder) && std::find(listed.begin(), listed.end(), model) == listed.end()) listed.push_back(model);
  ATTUNE_CHECK(writeList(listed));
  return found;
}

Status LocalModelLibrary::remove(const std::string &path) {
  const std::lock_guard<std::mutex> lock(m_listMutex);
  ATTUNE_TRY(std::vector<std::string> listed, readList());
  listed.erase(std::remove(listed.begin(), listed.end(), path), listed.end());
  return writeList(listed);
}

std::vector<std::string> LocalModelLibrary::known() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_known;
}

} // namespace attune::store
