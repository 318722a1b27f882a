#include "remote/ssh/authentication.h"

#include "remote/fault.h"

#include <cstdlib>
#include <libssh/libssh.h>
#include <memory>
#include <unistd.h>

namespace attune::remote {
namespace {

constexpr double kAnswerSeconds = 60; // servers slow a wrong answer down, and so do their own look-ups
constexpr int kMaxRounds = 32;
constexpr int kMaxPrompts = 16;
constexpr int kPassphraseAttempts = 3;

struct KeyFree {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<ssh_key_struct, KeyFree>;

class Login {
public:
  Login(SshSession &session, const Questions &questions, const StopToken &stop)
      : m_session(session), m_ssh(session.handle()), m_questions(questions), m_stop(stop) {}

  Status run() {
    ATTUNE_TRY(int code, send([&] { return ssh_userauth_none(m_ssh, nullptr); }));
    bool keysTried = false;
    for (int step = 0; code != SSH_AUTH_SUCCESS && step < 8; ++step) {
      const int methods = ssh_userauth_list(m_ssh, nullptr);
      if ((methods & SSH_AUTH_METHOD_PUBLICKEY) && !keysTried) {
        keysTried = true;
        ATTUNE_TRY(code, keys());
        if (code == SSH_AUTH_PARTIAL) m_partial = true;
      } else if (methods & (SSH_AUTH_METHOD_INTERACTIVE | SSH_AUTH_METHOD_PASSWORD)) {
        if (!m_questions.answer)
          return fault("AUTH-NEEDS-CODE", m_session.options().host + " asks for a password or code, and nobody can be asked here.",
                       m_session.name(), "Connect from the window or a terminal, or use a key.");
        ATTUNE_TRY(code, methods & SSH_AUTH_METHOD_INTERACTIVE ? interactive() : password());
        if (code == SSH_AUTH_DENIED) break;
      } else {
        break;
      }
    }
    if (code == SSH_AUTH_SUCCESS) return {};
    return denied();
  }

private:
  /// The verdict on one request. NET-LOST when the connection ends at it, AUTH-LOCKED when the server says why.
  template <typename Request> Result<int> send(const Request &request) {
    int code = SSH_AUTH_AGAIN;
    const Status answered = m_session.repeat(kAnswerSeconds, m_stop, [&] { return (code = request()) != SSH_AUTH_AGAIN; });
    if (answered.ok() && code != SSH_AUTH_ERROR) return code;
    const std::string text = shownText(ssh_get_error(m_ssh));
    if (text.find("oo many") != std::string::npos)
      return fault("AUTH-LOCKED", m_session.options().host + " ended the login: too many attempts.", m_session.name(),
                   "Wait a while; ask the centre whether the account is locked. In detail: " + text);
    if (!answered.ok()) return answered.error();
    return m_session.lose(text.empty() ? "it ended during the login" : text);
  }

  Result<int> keys() {
    const char *agent = std::getenv("SSH_AUTH_SOCK");
    if (m_session.options().useAgent && agent && *agent) {
      int code = SSH_AUTH_AGAIN; // an agent that is gone is no reason to stop
      ATTUNE_CHECK(m_session.repeat(kAnswerSeconds, m_stop, [&] { return (code = ssh_userauth_agent(m_ssh, nullptr)) != SSH_AUTH_AGAIN; }));
      if (code == SSH_AUTH_SUCCESS || code == SSH_AUTH_PARTIAL) return code;
      if (!ssh_is_connected(m_ssh)) return send([] { return static_cast<int>(SSH_AUTH_ERROR); });
    }
    for (const std::string &file : m_session.options().identityFiles) {
      ATTUNE_TRY(const int code, keyFile(file));
      if (code == SSH_AUTH_SUCCESS || code == SSH_AUTH_PARTIAL) return code;
    }
    return static_cast<int>(SSH_AUTH_DENIED);
  }

  Result<int> keyFile(const std::string &file) {
    ssh_key loaded = nullptr;
    if (ssh_pki_import_pubkey_file((file + ".pub").c_str(), &loaded) == SSH_OK) { // no passphrase is asked for a key that is refused
      const Key offered(loaded);
      ATTUNE_TRY(const int code, send([&] { return ssh_userauth_try_publickey(m_ssh, nullptr, offered.get()); }));
      if (code != SSH_AUTH_SUCCESS) return code;
    }
    ATTUNE_TRY(const Key key, loadKey(file));
    if (!key) return static_cast<int>(SSH_AUTH_DENIED);
    return send([&] { return ssh_userauth_publickey(m_ssh, nullptr, key.get()); });
  }

  /// Nothing for a file that is missing or no key, or whose passphrase was not found.
  Result<Key> loadKey(const std::string &file) {
    ssh_key loaded = nullptr;
    bool asked = false;
    const auto note = [](const char *, char *, size_t, int, int, void *flag) {
      *static_cast<bool *>(flag) = true;
      return -1;
    };
    if (ssh_pki_import_privkey_file(file.c_str(), nullptr, note, &asked, &loaded) == SSH_OK) return Key(loaded);
    if (asked && !m_questions.answer) m_lockedKey = file;
    for (int attempt = 1; asked && m_questions.answer && attempt <= kPassphraseAttempts; ++attempt) {
      PromptRound round = about(PromptRound::Kind::Passphrase);
      round.attempt = attempt;
      round.prompts = {{file, false}};
      ATTUNE_TRY(const auto answers, ask(round));
      if (ssh_pki_import_privkey_file(file.c_str(), answers[0].text(), nullptr, nullptr, &loaded) == SSH_OK) return Key(loaded);
    }
    return Key();
  }

  Result<int> interactive() {
    for (int number = 0; number < kMaxRounds; ++number) {
      ATTUNE_TRY(const int code, send([&] { return ssh_userauth_kbdint(m_ssh, nullptr, nullptr); }));
      if (code != SSH_AUTH_INFO) return code;
      PromptRound round = about(PromptRound::Kind::Interactive);
      round.title = shownText(ssh_userauth_kbdint_getname(m_ssh));
      round.instruction = shownText(ssh_userauth_kbdint_getinstruction(m_ssh));
      const int count = ssh_userauth_kbdint_getnprompts(m_ssh);
      if (count < 0 || count > kMaxPrompts) return m_session.lose("it asks " + std::to_string(count) + " things at once");
      for (int i = 0; i < count; ++i) {
        char echo = 0;
        const char *text = ssh_userauth_kbdint_getprompt(m_ssh, static_cast<unsigned>(i), &echo);
        round.prompts.push_back({shownText(text), echo != 0});
      }
      if (count == 0 && round.title.empty() && round.instruction.empty()) continue; // still to be answered, with nothing
      ATTUNE_TRY(const auto answers, ask(round));
      for (int i = 0; i < count; ++i)
        ssh_userauth_kbdint_setanswer(m_ssh, static_cast<unsigned>(i), answers[static_cast<size_t>(i)].text());
    }
    return m_session.lose("it asks without end");
  }

  Result<int> password() {
    PromptRound round = about(PromptRound::Kind::Password);
    round.prompts = {{"Password", false}};
    ATTUNE_TRY(const auto answers, ask(round));
    return send([&] { return ssh_userauth_password(m_ssh, nullptr, answers[0].text()); });
  }

  PromptRound about(PromptRound::Kind kind) const {
    PromptRound round;
    round.kind = kind;
    round.host = m_session.options().host;
    round.user = m_session.options().user;
    return round;
  }

  Result<std::vector<Secret>> ask(const PromptRound &round) {
    auto answers = m_questions.answer(round);
    if (!answers || answers->size() != round.prompts.size())
      return Error{ErrorCode::Interrupted, "The login to " + round.host + " was cancelled.", m_session.name(), "", {}};
    m_answered = m_answered || round.kind != PromptRound::Kind::Passphrase;
    return std::move(*answers);
  }

  Error denied() const {
    const int methods = ssh_userauth_list(m_ssh, nullptr);
    std::string offers;
    const auto add = [&](int bit, const char *word) {
      if (methods & bit) offers += (offers.empty() ? "" : ", ") + std::string(word);
    };
    add(SSH_AUTH_METHOD_PUBLICKEY, "key");
    add(SSH_AUTH_METHOD_PASSWORD, "password");
    add(SSH_AUTH_METHOD_INTERACTIVE, "code");
    const SshOptions &options = m_session.options();
    const std::string what = m_partial ? "the second step of the login" : "the login";
    const std::string locked =
        m_lockedKey.empty() ? "" : "The key " + m_lockedKey + " has a passphrase, and nobody can be asked here: give it to an agent. ";
    return fault("AUTH-DENIED", options.host + " did not accept " + what + " for " + options.user + ".", m_session.name(),
                 locked + "It offers: " + (offers.empty() ? "nothing that this program can do" : offers) + "." +
                     (m_answered ? " Where the answers were right, the account may be locked: ask the centre." : ""));
  }

  SshSession &m_session;
  ssh_session m_ssh;
  const Questions &m_questions;
  const StopToken &m_stop;
  bool m_partial = false;
  std::string m_lockedKey; // that could not be tried
  bool m_answered = false; // a password or code was given
};

} // namespace

Status authenticate(SshSession &session, const Questions &questions, const StopToken &stop) {
  return Login(session, questions, stop).run();
}

} // namespace attune::remote
