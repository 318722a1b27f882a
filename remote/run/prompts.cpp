#include "remote/run/prompts.h"

#include "core/base/shell_word.h"

namespace attune::remote {

Questions askingQuestions(api::ClusterPrompts &prompts, const std::string &cluster, const StopToken &stop,
                          std::function<void(bool asking, const std::string &what)> told) {
  Questions questions;
  questions.trustKey = [&prompts, cluster, stop, told](const HostKeyQuestion &question) {
    told(true, "Is this the key of " + question.host + "?");
    const auto answer = prompts.askHostKey({cluster, question.host, question.port, question.check.type, question.check.fingerprint}, stop);
    told(false, "Connecting to " + question.host + " ...");
    return answer == api::HostKeyAnswer::Trust  ? KeyAnswer::Store
           : answer == api::HostKeyAnswer::Once ? KeyAnswer::Once
                                                : KeyAnswer::Refuse;
  };
  questions.answer = [&prompts, cluster, stop, told](const PromptRound &round) -> std::optional<std::vector<Secret>> {
    api::LoginPrompt prompt;
    prompt.kind = round.kind == PromptRound::Kind::Passphrase ? api::LoginPrompt::Kind::Passphrase
                  : round.kind == PromptRound::Kind::Password ? api::LoginPrompt::Kind::Password
                                                              : api::LoginPrompt::Kind::Interactive;
    prompt.cluster = cluster;
    prompt.host = round.host;
    prompt.user = round.user;
    prompt.title = round.title;
    prompt.instruction = round.instruction;
    prompt.attempt = round.attempt;
    for (const auto &line : round.prompts) prompt.lines.push_back({line.text, line.echo});
    const bool visible = !prompt.lines.empty();
    if (visible) told(true, round.host + " asks for a password or code.");
    auto answers = prompts.askLogin(prompt, stop);
    if (visible) told(false, "Connecting to " + round.host + " ...");
    if (!answers) return std::nullopt;
    std::vector<Secret> secrets;
    for (std::string &text : *answers) secrets.emplace_back(text); // which overwrites it
    return secrets;
  };
  return questions;
}

void askKeyChanges(Questions &questions, api::ClusterPrompts &prompts, const std::string &cluster, const StopToken &stop,
                   const std::string &keyStore, std::function<void(bool asking, const std::string &what)> told) {
  questions.replaceKey = [&prompts, cluster, stop, keyStore, told](const HostKeyQuestion &question) {
    api::KeyChangePrompt prompt;
    prompt.shown = {cluster, question.host, question.port, question.check.type, question.check.fingerprint};
    for (const KeyCheck::Line &line : question.check.known) {
      const std::string file = line.where.substr(0, line.where.rfind(':'));
      prompt.known.push_back({line.type, line.fingerprint, line.where, file == keyStore});
      if (file != keyStore && prompt.remedy.empty())
        prompt.remedy = "ssh-keygen -f " + shellWord(file) + " -R " + shellWord(knownHostName(question.host, question.port));
    }
    told(true, question.host + " shows another key than before.");
    const bool replace = prompts.askKeyChange(prompt, stop) && prompt.remedy.empty();
    told(false, "Connecting to " + question.host + " ...");
    return replace;
  };
}

} // namespace attune::remote
