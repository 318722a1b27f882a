// Through one real sshd to another.
#include "remote/ssh/connection.h"
#include "remote/ssh/exec.h"
#include "tests/remote/ssh/ssh_fixture.h"

#include <doctest/doctest.h>

using namespace attune;
using namespace attune::remote;
using namespace attune::test;

TEST_CASE("jump: both keys are judged, bytes are whole, and a lost jump host is noticed") {
  NEEDS_LOOPBACK(false);
  SshFixture gate, target;
  REQUIRE(gate.cluster.started());
  REQUIRE(target.cluster.started());
  const auto connect = [&] { return SshConnection::open({gate.options, target.options}, target.questions); };
  {
    const auto connection = connect();
    REQUIRE(connection.ok());
    std::string data(3 << 20, 'x');
    for (size_t i = 0; i < data.size(); i += 7) data[i] = static_cast<char>(i);
    ExecRequest echo;
    echo.command = "cat";
    echo.input = data;
    const auto result = execute((*connection)->session(), echo);
    REQUIRE(result.ok());
    CHECK(result->out == data);
    echo.command = "id -un";
    echo.input = {};
    CHECK(execute((*connection)->session(), echo)->out == target.options.user + "\n");
    REQUIRE(gate.cluster.act("drop"));
    echo.command = "sleep 100";
    CHECK(execute((*connection)->session(), echo).error().fault == "NET-LOST");
  }
  SshOptions nowhere = target.options;
  nowhere.port = 1;
  CHECK(SshConnection::open({gate.options, nowhere}, target.questions).error().fault == "NET-REFUSED");

  REQUIRE(target.cluster.act("rekey"));
  const size_t logged = target.log().size();
  const auto changed = connect();
  REQUIRE_FALSE(changed.ok());
  CHECK(changed.error().fault == "KEY-CHANGED");
  CHECK(changed.error().where == target.options.user + "@127.0.0.1:" + std::to_string(target.options.port));
  CHECK(target.log().find("userauth-request", logged) == std::string::npos);

  REQUIRE(gate.cluster.act("rekey"));
  const auto gateChanged = connect();
  REQUIRE_FALSE(gateChanged.ok());
  CHECK(gateChanged.error().fault == "KEY-CHANGED");
  CHECK(gateChanged.error().where == gate.options.user + "@127.0.0.1:" + std::to_string(gate.options.port));
}
