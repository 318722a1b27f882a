// A file is on disk before it gets its name, and the name before anybody is told; until then the old one stays.
#include "core/base/atomic_file.h"
#include "tests/support/file_calls.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::test;
namespace fs = std::filesystem;

TEST_CASE("a file is flushed, then renamed, then its folder flushed") {
  // To see it fail: leave an fsync out of AtomicFile::commit, or syncFolder, or write under the final name.
  const TempFolder folder;
  const std::string path = folder.write("x", "old");
  const FileCalls calls;
  {
    auto file = AtomicFile::create(path);
    REQUIRE(file.ok());
    REQUIRE(file->write("half").ok());
    CHECK(*readFile(path) == "old");
    CHECK(calls.last(path).from.empty());
    REQUIRE(file->write(" and half").ok());
    REQUIRE(file->commit().ok());
  }
  CHECK(*readFile(path) == "half and half");
  CHECK_FALSE(calls.last(path).from.empty());
  CHECK(calls.last(path).unsynced.empty());
  CHECK(calls.last(path).folderSynced);
}

TEST_CASE("a file that is given up leaves the old one and nothing else") {
  const TempFolder folder;
  const std::string path = folder.write("x", "old");
  {
    auto file = AtomicFile::create(path);
    REQUIRE(file.ok());
    REQUIRE(file->write("new").ok());
  }
  CHECK(*readFile(path) == "old");
  size_t files = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder.path())) files += entry.is_regular_file();
  CHECK(files == 1);
}

TEST_CASE("Writing goes through symbolic links, existing or dangling, and leaves them in place") {
  const TempFolder folder;
  fs::create_directory(folder.path() + "/far");
  const std::string target = folder.write("far/target.txt", "old");
  fs::create_symlink("target.txt", folder.path() + "/far/second"); // relative to its own folder
  fs::create_symlink(folder.path() + "/far/second", folder.path() + "/first");
  REQUIRE(writeFileAtomic(folder.path() + "/first", "new").ok());
  CHECK(fs::is_symlink(folder.path() + "/first"));
  CHECK(fs::is_symlink(folder.path() + "/far/second"));
  CHECK(*readFile(target) == "new");
  fs::create_symlink("far/fresh.txt", folder.path() + "/dangling");
  REQUIRE(writeFileAtomic(folder.path() + "/dangling", "made").ok());
  CHECK(*readFile(folder.path() + "/far/fresh.txt") == "made");
  fs::create_symlink("loop", folder.path() + "/loop");
  CHECK(!writeFileAtomic(folder.path() + "/loop", "x").ok());
  CHECK(fs::is_symlink(folder.path() + "/loop"));
}

TEST_CASE("Devices and pipes are written to, not replaced") {
  const TempFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink("pipe", folder.path() + "/link");
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(writeFileAtomic(folder.path() + "/link", "words").ok());
  char text[8] = {};
  CHECK(::read(reader, text, sizeof text) == 5);
  CHECK(std::string(text) == "words");
  ::close(reader);
  CHECK(fs::is_fifo(pipe));
  fs::create_symlink("/dev/null", folder.path() + "/null");
  REQUIRE(writeFileAtomic(folder.path() + "/null", "words").ok());
  CHECK(fs::is_symlink(folder.path() + "/null"));
  CHECK(isStream("/dev/null"));
  CHECK(!isStream(folder.path()));
}

TEST_CASE("A file that is replaced keeps its permissions") {
  const TempFolder folder;
  const std::string path = folder.write("x", "old");
  for (const mode_t mode : {0600, 0664, 0444}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    REQUIRE(writeFileAtomic(path, "new").ok());
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == mode);
  }
}

TEST_CASE("A name may have all of its 255 bytes") {
  const TempFolder folder;
  std::string characters = "a";
  while (characters.size() < 253) characters += "\xE4\xB8\xAD";
  for (const std::string &name : {std::string(255, 'n'), characters}) {
    CHECK(name.size() > 250);
    CHECK(writeFileAtomic(folder.path() + "/" + name, "x").ok());
    CHECK(*readFile(folder.path() + "/" + name) == "x");
  }
}

TEST_CASE("Outputs are compared by where they end up") {
  const TempFolder folder;
  fs::create_symlink("b", folder.path() + "/a");
  CHECK(sameTarget(folder.path() + "/a", folder.path() + "/./b"));
  CHECK_FALSE(sameTarget(folder.path() + "/a", folder.path() + "/c"));
  CHECK(isStandardOutput("/dev/fd/1"));
  CHECK_FALSE(isStandardOutput(folder.path() + "/b"));
}
