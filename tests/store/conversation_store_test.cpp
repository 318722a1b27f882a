// Conversations on disk: newest first, and nothing in the folder breaks the list.
#include "core/store/conversation_store.h"

#include "core/base/atomic_file.h"
#include "tests/support/temp_folder.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace attune;
using namespace attune::test;

TEST_CASE("Conversations are written, listed and removed; strange files are left out, unreadable ones named") {
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
  REQUIRE(found.size() == 2); // the huge one without its text
  const auto &kept = found[found[0].id == id ? 0 : 1], &huge = found[found[0].id == id ? 1 : 0];
  CHECK(kept.id == id);
  CHECK(kept.json == R"({"schema":1})");
  CHECK(huge.id == "huge");
  CHECK(huge.json.empty());
  REQUIRE(store.remove(id).ok());
  REQUIRE(store.remove(id).ok()); // gone is gone
  CHECK(store.list().size() == 1);
}
