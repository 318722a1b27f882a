// The one thread and the one connection of a host: keeps it open with a back-off, does what is asked in order, and lets every
// followed run have its turn (files often, one look at the scheduler for all). Any thread may call; callbacks come on its thread.
// Its destruction ends the thread within seconds; what was asked and not done is answered with Interrupted.
#pragma once

#include "core/api/cluster.h"
#include "core/api/cluster_prompts.h"
#include "core/base/clock.h"
#include "remote/run/host.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace attune::remote {

/// A run as the worker sees it; every call on the worker's thread.
class Follower {
public:
  virtual ~Follower() = default;
  virtual void onConnected(Host &host) = 0;
  /// Takes what is new of its files where that is due; true when something came. No commands.
  virtual bool follow(Host &host) = 0;
  /// Whether work() is due, which may take long: staging, submitting, fetching.
  virtual bool hasWork() = 0;
  virtual void work(Host &host) = 0;
  /// What to look for in the scheduler, if anything, and when in steady seconds.
  virtual bool wantsLook(slurm::JobKey &key, double &when) = 0;
  virtual void onLook(const slurm::JobLook &look) = 0;
  virtual void onFailedLook(const Error &error) = 0;
  virtual bool over() = 0;
};

class HostWorker {
public:
  struct Options {
    api::ClusterProfile profile;
    std::string home;     // whose .ssh is read
    std::string keyStore; // where trusted keys go
    api::ClusterPrompts *prompts = nullptr;
  };
  explicit HostWorker(Options options);
  ~HostWorker();
  HostWorker(const HostWorker &) = delete;
  HostWorker &operator=(const HostWorker &) = delete;

  /// Ends the thread; from then on everything is answered with Interrupted.
  void stop();

  api::ClusterProfile profile() const;
  /// For the next connection, and for runs that are begun from now on; one to another host ends. Usage when it names another host while
  /// runs are followed here.
  Status setProfile(const api::ClusterProfile &profile);
  api::ClusterLink link() const;
  void onLink(std::function<void(const api::ClusterLink &)> changed);
  void connect(bool replaceKey = false);
  void disconnect();

  /// Called once: with the host, or with why there is none. A long one waits until nothing else long is under way.
  using Work = std::function<void(Result<Host *>)>;
  void post(Work work, bool isLong = false);
  /// Connects for it and stays connected until it is over.
  void follow(std::shared_ptr<Follower> follower);
  void setVisible(bool visible) { m_visible = visible; }
  bool visible() const { return m_visible; }
  /// Something of a follower changed: look what is due.
  void wake();

private:
  struct Task {
    Work work;
    bool isLong;
  };
  void loop();
  bool turn(bool mayWorkLong);
  bool followAll();
  bool runTask(bool mayWorkLong);
  bool look();
  void rest(bool busy);
  void tryConnect();
  void onConnectFailed(const Error &error);
  void refuseTasks();
  void checkHost();
  void dropHost();
  void endLink();
  void setLink(api::LinkState state, std::string text, const Error *error = nullptr, double nextTry = 0);
  Questions questions(bool replaceKey);
  Error closing() const;
  std::string hostName() const { return profile().host; }

  const Options m_options; // but for the profile
  const Clock m_clock = Clock::system();

  mutable std::mutex m_mutex; // guards the next ones
  std::condition_variable m_wake;
  api::ClusterProfile m_profile;
  std::deque<Task> m_tasks;
  std::vector<std::shared_ptr<Follower>> m_arrived;
  api::ClusterLink m_link;
  bool m_wanted = false, m_asked = false, m_replaceKey = false, m_dropping = false, m_moved = false, m_woken = false, m_closed = false;
  StopSource m_linkStop;
  SshSession *m_open = nullptr; // to be ended by others

  std::recursive_mutex m_listening; // held while the listener is called
  std::function<void(const api::ClusterLink &)> m_listener;

  // The worker's own.
  std::unique_ptr<Host> m_host;
  std::optional<Result<slurm::Capabilities>> m_slurm; // once asked
  std::vector<std::shared_ptr<Follower>> m_followers;
  int m_failures = 0;
  bool m_wasOnline = false, m_following = false, m_looking = false;
  double m_tryAt = 0, m_lookedAt = 0, m_accountAt = 0, m_breathedAt = 0, m_followedAt = 0, m_clockGap = 0;
  std::deque<double> m_tries;
  std::mt19937 m_random{std::random_device{}()};

  std::atomic<bool> m_visible{true};
  std::atomic<size_t> m_followed{0};
  StopSource m_quit;
  std::thread m_thread; // last
};

} // namespace attune::remote
