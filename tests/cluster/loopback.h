// A real one-node cluster on 127.0.0.1 (tests/cluster/loopback.sh) that ends with the test: sshd, and Slurm where asked for.
// Test code, one thread; any number may run side by side. Needs root and the packages that loopback.sh names; a test begins
// with NEEDS_LOOPBACK, which skips it by name where they are missing.
#pragma once

#include <map>
#include <string>

namespace attune::test {

struct LoopbackOptions {
  bool slurm = true;                                   // else sshd alone
  bool secondFactor = false;                           // the key, then the password by keyboard-interactive
  bool password = false;                               // the password is enough
  std::string sshdLines = {};                          // put before the others of sshd_config
  std::map<std::string, std::string> environment = {}; // more LB_ settings, as "LB_MINJOBAGE"
};

inline const char *const kNoSftp = "Subsystem sftp /bin/false\n"; // among the sshdLines: files go by commands

class Loopback {
public:
  /// Why none can be started here; empty when it can.
  static std::string whyNot(bool slurm);
  /// Whether LB_SACCT can be 1 here.
  static bool hasAccounting();
  static constexpr const char *kPassword = "loop-back-2fa";

  explicit Loopback(LoopbackOptions options = {});
  ~Loopback();
  Loopback(const Loopback &) = delete;
  Loopback &operator=(const Loopback &) = delete;

  bool started() const { return !m_environment.empty(); }
  /// "LB_SSH_USER", "LB_SSH_KEY", "LB_KNOWN_HOSTS", "LB_HOME", "SLURM_CONF", ... of the script's env file.
  const std::string &value(const std::string &name) const;
  int port() const;
  std::string file(const std::string &name) const { return m_folder + "/" + name; }
  /// kill, down, freeze, thaw, up with a daemon; drop, stall, unstall; rekey. False when the script said no.
  bool act(const std::string &verb, const std::string &daemon = "") const;

private:
  void start();
  void stop();
  std::string m_folder;
  LoopbackOptions m_options;
  std::map<std::string, std::string> m_environment;
};

/// Runs a program, nothing to read; its stdout, and its exit code where wanted.
std::string outputOf(const std::string &shellCommand, int *code = nullptr);

} // namespace attune::test

#define NEEDS_LOOPBACK(slurm)                                                                                                              \
  if (const std::string reason = ::attune::test::Loopback::whyNot(slurm); !reason.empty()) {                                               \
    MESSAGE("skipped: the loopback cluster " << reason);                                                                                   \
    return;                                                                                                                                \
  }                                                                                                                                        \
  static_cast<void>(0)
