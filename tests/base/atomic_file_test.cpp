#include "core/base/atomic_file.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
namespace fs = std::filesystem;

TEST_CASE("Writing goes through symbolic links, existing or dangling, and leaves them in place") {
  const test::TempFolder folder;
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
  const test::TempFolder folder;
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
