// Conversations on disk: newest first, and nothing in the folder breaks the list.
#include "core/store/conversation_store.h"

#include "core/base/atomic_file.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::test;

TEST_CASE("Conversations are written, listed and removed; strange files are left out") {
  const TempFolder workspace;
  store::FolderConversationStore store(workspace.path());
  CHECK(store.list().empty());
  const std::string id = store.freshId();
  REQUIRE(store.write(id, R"({"schema":1})").ok());
  CHECK(store.freshId() != id);
  const std::string folder = workspace.path() + "/conversations";
  REQUIRE(makeFolders(folder + "/folder.json").ok());
  REQUIRE(::mkfifo((folder + "/pipe.json").c_str(), 0600) == 0); // reading it would wait for ever
  REQUIRE(::symlink("/dev/zero", (folder + "/zero.json").c_str()) == 0);
  REQUIRE(::symlink("/nowhere", (folder + "/lost.json").c_str()) == 0);
  REQUIRE(writeFileAtomic(folder + "/huge.json", std::string((size_t(16) << 20) + 1, ' ')).ok());
  REQUIRE(writeFileAtomic(folder + "/notes.txt", "x").ok());
  const auto found = store.list();
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == id);
  CHECK(found[0].json == R"({"schema":1})");
  REQUIRE(store.remove(id).ok());
  REQUIRE(store.remove(id).ok()); // gone is gone
  CHECK(store.list().empty());
}
