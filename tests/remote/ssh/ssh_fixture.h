// A real sshd and the options that reach it; answers are given by a script and counted. Test code, one thread.
#pragma once

#include "remote/ssh/session.h"
#include "tests/cluster/loopback.h"
#include "tests/support/noise.h"
#include "tests/support/temp_folder.h"

#include <string>
#include <vector>

namespace attune::test {

inline LoopbackOptions sshdOnly(const std::string &lines = "") {
  LoopbackOptions options;
  options.slurm = false;
  options.sshdLines = "LogLevel DEBUG1\n" + lines;
  return options;
}

struct SshFixture {
  explicit SshFixture(const LoopbackOptions &loopback = sshdOnly()) : cluster(loopback) {
    options.host = "127.0.0.1";
    options.port = cluster.port();
    options.user = cluster.value("LB_SSH_USER");
    options.identityFiles = {cluster.value("LB_SSH_KEY")};
    options.useAgent = false;
    options.knownHosts = {cluster.value("LB_KNOWN_HOSTS")};
    options.keyStore = folder.path() + "/store";
    questions.trustKey = [this](const remote::HostKeyQuestion &question) {
      keyQuestions.push_back(question);
      return keyAnswer;
    };
    questions.answer = [this](const remote::PromptRound &round) -> std::optional<std::vector<remote::Secret>> {
      rounds.push_back(round);
      std::vector<remote::Secret> given;
      for (size_t i = 0; i < round.prompts.size(); ++i) {
        if (answers.empty()) return std::nullopt;
        std::string text = answers.front();
        answers.erase(answers.begin());
        given.emplace_back(text);
      }
      return given;
    };
  }
  Result<std::unique_ptr<remote::SshSession>> open(const StopToken &stop = {}) const {
    return remote::SshSession::open(options, questions, stop);
  }
  /// The fault of a connection that must not come about.
  std::string faultOf() const {
    const auto session = open();
    return session.ok() ? "none" : session.error().fault.empty() ? errorCodeName(session.error().code) : session.error().fault;
  }
  std::string log() const { return outputOf("cat " + cluster.file("log/sshd.out")); }
  std::string fileText(const std::string &path) const { return outputOf("cat " + path + " 2>/dev/null"); }

  Loopback cluster;
  TempFolder folder;
  remote::SshOptions options;
  remote::Questions questions;
  remote::KeyAnswer keyAnswer = remote::KeyAnswer::Refuse;
  std::vector<std::string> answers;
  std::vector<remote::HostKeyQuestion> keyQuestions;
  std::vector<remote::PromptRound> rounds;
};

} // namespace attune::test
