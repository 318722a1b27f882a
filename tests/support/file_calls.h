// Takes down every fsync and rename of this process, by the file's own number, so that a test can ask in which order they
// came: a power cut can not be had in a test. Or ends the process at one of its changes of files. One thread at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace attune::test {

class FileCalls {
public:
  struct Rename {
    std::string from, to;
    std::vector<std::string> unsynced; // what of `from` had not been flushed when it got its new name
    bool folderSynced = false;         // the folder of `to` was flushed afterwards
  };

  FileCalls() { current() = this; }
  ~FileCalls() { current() = nullptr; }
  FileCalls(const FileCalls &) = delete;
  FileCalls &operator=(const FileCalls &) = delete;

  /// The last rename to `to`; one that never happened has an empty `from`.
  Rename last(const std::string &to) const {
    for (auto at = m_renames.rbegin(); at != m_renames.rend(); ++at) {
      if (at->to == to) return *at;
    }
    return {};
  }

  /// How often the file at `path` was flushed.
  size_t syncs(const std::string &path) const {
    const auto found = m_synced.find(numberOf(path));
    return found == m_synced.end() ? 0 : found->second;
  }

  /// Kills the process in the midst of its `change`th write or rename, from 1.
  void dieAt(int change) { m_left = change; }
  bool diesNow() { return m_left > 0 && --m_left == 0; }
  std::function<void()> onRename; // called before it

  static FileCalls *&current() {
    static FileCalls *calls = nullptr;
    return calls;
  }
  void noteSync(int fd) {
    struct stat info = {};
    if (::fstat(fd, &info) != 0) return;
    ++m_synced[info.st_ino];
    for (Rename &rename : m_renames) {
      rename.folderSynced = rename.folderSynced || numberOf(std::filesystem::path(rename.to).parent_path().string()) == info.st_ino;
    }
  }
  void noteRename(const std::string &from, const std::string &to) {
    Rename rename{from, to, {}, false};
    note(from, rename.unsynced);
    if (std::filesystem::is_directory(from)) {
      for (const auto &entry : std::filesystem::recursive_directory_iterator(from)) note(entry.path().string(), rename.unsynced);
    }
    m_renames.push_back(rename);
  }

private:
  static ino_t numberOf(const std::string &path) {
    struct stat info = {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
  }
  void note(const std::string &path, std::vector<std::string> &unsynced) const {
    if (!m_synced.count(numberOf(path))) unsynced.push_back(path);
  }

  std::map<ino_t, size_t> m_synced;
  std::vector<Rename> m_renames;
  int m_left = 0;
};

} // namespace attune::test
