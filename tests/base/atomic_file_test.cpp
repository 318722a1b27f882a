// A file is on disk before it gets its name, and the name before anybody is told; until then the old one stays.
#include "core/base/atomic_file.h"
#include "tests/support/file_calls.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::test;

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
