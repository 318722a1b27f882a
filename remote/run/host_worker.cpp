#include "remote/run/host_worker.h"

#include "remote/fault.h"
#include "remote/run/prompts.h"
#include "remote/run/route.h"
#include "remote/ssh/exec.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <tuple>

namespace attune::remote {
namespace {

constexpr double kBackOff[] = {0.2, 1, 2, 4, 8, 15, 30, 60}; // most drops are over at once
constexpr size_t kTriesAMinute = 10;
constexpr double kLeastBetweenLooks = 2;
constexpr double kAccountEvery = 60;
constexpr double kSlept = 20; // the wall clock went on by so much more

bool startsWith(const std::string &text, const char *beginning) { return text.rfind(beginning, 0) == 0; }

} // namespace

HostWorker::HostWorker(Options options) : m_options(std::move(options)), m_profile(m_options.profile), m_thread([this] { loop(); }) {}

HostWorker::~HostWorker() { stop(); }

void HostWorker::stop() {
  m_quit.requestStop();
  disconnect();
  if (m_thread.joinable()) m_thread.join();
  m_followers.clear();
  m_arrived.clear();
}

api::ClusterProfile HostWorker::profile() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_profile;
}

Status HostWorker::setProfile(const api::ClusterProfile &profile) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  const auto place = [](const api::ClusterProfile &of) { return std::tie(of.host, of.port, of.user); };
  const bool moved = place(profile) != place(m_profile);
  if (moved && m_followed + m_arrived.size() > 0) // there nobody knows their jobs
    return Error{ErrorCode::Usage,
                 "The cluster " + profile.name + " names another host now, and runs on " + m_profile.host + " are followed.", profile.name,
                 "Keep the host, or give the other one a cluster of its own."};
  m_profile = profile;
  m_moved = m_moved || moved;
  if (moved) endLink();
  return {};
}

api::ClusterLink HostWorker::link() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_link;
}

void HostWorker::onLink(std::function<void(const api::ClusterLink &)> changed) {
  const std::lock_guard<std::recursive_mutex> lock(m_listening);
  m_listener = std::move(changed);
}

void HostWorker::setLink(api::LinkState state, std::string text, const Error *error, double nextTry) {
  api::ClusterLink link;
  link.state = state;
  link.text = std::move(text);
  link.nextTry = nextTry;
  link.failed = error != nullptr;
  if (error) link.error = *error;
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_link = link;
  }
  const std::lock_guard<std::recursive_mutex> lock(m_listening);
  if (m_listener) m_listener(link);
}

void HostWorker::connect(bool replaceKey) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  if (m_open && !m_dropping) return;
  m_replaceKey = replaceKey;
  m_wanted = m_asked = m_woken = true;
  if (m_link.state != api::LinkState::NeedsUser || m_link.failed) m_link.state = api::LinkState::Connecting; // what is posted now waits
  m_wake.notify_all();
}

void HostWorker::disconnect() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  endLink();
}

/// Ends the connection, or the making of one. With the lock.
void HostWorker::endLink() {
  m_wanted = m_asked = false;
  m_dropping = m_woken = true;
  m_linkStop.requestStop();
  if (m_open) m_open->abort();
  m_wake.notify_all();
}

void HostWorker::wake() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_woken = true;
  m_wake.notify_all();
}

void HostWorker::post(Work work, bool isLong) {
  std::unique_lock<std::mutex> lock(m_mutex);
  if (m_closed) {
    lock.unlock();
    return work(closing());
  }
  m_tasks.push_back({std::move(work), isLong});
  m_woken = true;
  m_wake.notify_all();
}

void HostWorker::follow(std::shared_ptr<Follower> follower) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_arrived.push_back(std::move(follower));
  if (m_dropping || (!m_open && m_link.state == api::LinkState::Offline)) m_wanted = m_asked = true;
  m_woken = true;
  m_wake.notify_all();
}

void HostWorker::loop() {
  while (!m_quit.stopRequested()) {
    bool wanted = false, dropping = false, moved = false;
    std::vector<std::shared_ptr<Follower>> arrived;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      arrived.swap(m_arrived);
      if (m_asked) m_tryAt = 0;
      wanted = m_wanted;
      dropping = std::exchange(m_dropping, false);
      moved = std::exchange(m_moved, false);
      m_followed += arrived.size();
      if (dropping) { // who connects or follows from now on asks for the next one
        m_open = nullptr;
        m_link.state = api::LinkState::Offline;
      }
    }
    if (moved) { // what was known is another host's
      m_slurm.reset();
      m_wasOnline = false;
    }
    for (auto &follower : arrived) {
      if (m_host) follower->onConnected(*m_host);
      m_followers.push_back(std::move(follower));
    }
    m_followed = m_followers.size();
    if (dropping) {
      dropHost();
      setLink(api::LinkState::Offline, "Not connected.");
    } else if (!m_host && wanted && m_clock.steady() >= m_tryAt) {
      tryConnect();
    }
    bool busy = false;
    if (m_host) {
      busy = turn(true);
      checkHost();
    } else {
      refuseTasks();
    }
    rest(busy);
  }
  dropHost();
  std::deque<Task> left;
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    left.swap(m_tasks);
    m_link = {};
    m_closed = true;
  }
  for (const Task &task : left) task.work(closing());
}

Error HostWorker::closing() const { return {ErrorCode::Interrupted, "Attune is closing.", hostName(), ""}; }

void HostWorker::rest(bool busy) {
  std::unique_lock<std::mutex> lock(m_mutex);
  if (!busy) {
    // Online, the socket is watched as well: replies to the other side's keep-alive, and its end.
    const auto most = std::chrono::milliseconds(m_host ? 100 : 250);
    m_wake.wait_for(lock, most, [this] { return m_woken || m_quit.stopRequested(); });
  }
  m_woken = false;
}

/// One round of everything that is due; true when there was something.
bool HostWorker::turn(bool mayWorkLong) {
  bool busy = followAll();
  busy = runTask(mayWorkLong) || busy;
  busy = look() || busy;
  if (!mayWorkLong) return busy;
  for (const auto &follower : std::vector<std::shared_ptr<Follower>>(m_followers)) {
    if (m_host->session().lost() || !follower->hasWork()) continue;
    follower->work(*m_host);
    busy = true;
  }
  const auto isOver = [](const auto &follower) { return follower->over(); };
  m_followers.erase(std::remove_if(m_followers.begin(), m_followers.end(), isOver), m_followers.end());
  return busy;
}

bool HostWorker::followAll() {
  if (m_following || m_host->session().lost()) return false;
  m_following = true;
  bool moved = false;
  for (const auto &follower : m_followers) moved = (!m_host->session().lost() && follower->follow(*m_host)) || moved;
  m_following = false;
  return moved;
}

bool HostWorker::runTask(bool mayWorkLong) {
  Task task;
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    const auto next = std::find_if(m_tasks.begin(), m_tasks.end(), [&](const Task &t) { return mayWorkLong || !t.isLong; });
    if (next == m_tasks.end()) return false;
    task = std::move(*next);
    m_tasks.erase(next);
  }
  task.work(m_host.get());
  return true;
}

bool HostWorker::look() {
  const double now = m_clock.steady();
  if (m_looking || m_host->session().lost() || now < m_lookedAt + kLeastBetweenLooks) return false;
  std::vector<slurm::JobKey> keys;
  std::vector<std::shared_ptr<Follower>> asked;
  bool due = false;
  for (const auto &follower : m_followers) {
    slurm::JobKey key;
    double when = 0;
    if (!follower->wantsLook(key, when)) continue;
    due = due || when <= now;
    keys.push_back(key);
    asked.push_back(follower);
  }
  if (!due) return false;
  m_looking = true;
  const bool accounting = m_host->slurm().ok() && m_host->slurm()->accounting && now >= m_accountAt;
  if (accounting) m_accountAt = now + kAccountEvery;
  const auto looks = m_host->client().look(keys, accounting, m_quit.token());
  m_lookedAt = m_clock.steady();
  m_looking = false;
  if (m_quit.stopRequested()) return true; // nothing is learnt from what was broken off
  for (size_t i = 0; i < asked.size(); ++i) {
    if (looks.ok())
      asked[i]->onLook((*looks)[i]);
    else if (!m_host->session().lost())
      asked[i]->onFailedLook(looks.error());
  }
  return true;
}

void HostWorker::refuseTasks() {
  std::deque<Task> refused;
  Error error = fault("NET-LOST", "There is no connection to " + hostName() + ".", hostName(), "Connect, then ask again.");
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_asked || m_link.state == api::LinkState::Connecting) return;
    if (m_link.failed) error = m_link.error;
    refused.swap(m_tasks);
  }
  for (const Task &task : refused) task.work(error);
}

Questions HostWorker::questions(bool replaceKey) {
  const auto told = [this](bool asking, const std::string &what) {
    setLink(asking ? api::LinkState::NeedsUser : api::LinkState::Connecting, what);
  };
  Questions asked = askingQuestions(*m_options.prompts, profile().name, m_linkStop.token(), told);
  if (replaceKey) askKeyChanges(asked, *m_options.prompts, profile().name, m_linkStop.token(), m_options.keyStore, told);
  return asked;
}

void HostWorker::tryConnect() {
  bool asked = false, replaceKey = false;
  StopToken stop;
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_dropping || m_quit.stopRequested()) return;
    asked = std::exchange(m_asked, false);
    replaceKey = std::exchange(m_replaceKey, false);
    m_linkStop = StopSource();
    stop = m_linkStop.token();
  }
  const double now = m_clock.steady();
  while (!m_tries.empty() && now - m_tries.front() > 60) m_tries.pop_front();
  if (!asked && m_tries.size() >= kTriesAMinute) {
    m_tryAt = m_tries.front() + 60;
    return;
  }
  m_tries.push_back(now);
  const bool again = m_wasOnline && !asked;
  setLink(again ? api::LinkState::Reconnecting : api::LinkState::Connecting,
          (again ? "Reconnecting to " : "Connecting to ") + hostName() + " ...");
  const api::ClusterProfile profile = this->profile();
  auto route = routeTo(profile, m_options.home, m_options.keyStore);
  if (!route.ok()) return onConnectFailed(route.error());
  for (SshOptions &hop : *route)
    hop.onSilent = [this] { setLink(api::LinkState::Degraded, hostName() + " has not answered for a while."); };
  Host::Hooks hooks;
  hooks.meanwhile = [this] {
    if (!m_host || m_clock.steady() - m_followedAt < 0.05) return false;
    const bool moved = followAll();
    m_followedAt = m_clock.steady();
    return moved;
  };
  hooks.breathe = [this] {
    if (m_clock.steady() - m_breathedAt < 0.1 || !m_host || m_host->session().lost()) return;
    while (turn(false) && m_clock.steady() - m_breathedAt < 1) {
    }
    m_breathedAt = m_clock.steady();
  };
  // Nobody is asked for a connection that comes back by itself.
  const Questions ask = asked && m_options.prompts ? questions(replaceKey) : Questions();
  auto host = Host::open(*route, ask, profile.root, std::move(hooks), stop);
  if (!host.ok()) return onConnectFailed(host.error());
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_dropping) return; // meanwhile given up
    m_open = &(*host)->session();
  }
  m_host = std::move(*host);
  m_clockGap = m_clock.wall() - m_clock.steady();
  m_failures = 0;
  m_wasOnline = true;
  m_lookedAt = 0;
  if (m_slurm) m_host->setSlurm(*m_slurm);
  setLink(api::LinkState::Online, "Connected to " + hostName() + ".");
  if (!m_slurm && !m_host->probeSlurm().ok() && !m_host->session().lost())
    setLink(api::LinkState::Online, m_host->slurm().error().message, &m_host->slurm().error());
  if (m_host->slurm().ok()) m_slurm = m_host->slurm();
  for (const auto &follower : m_followers) follower->onConnected(*m_host);
}

void HostWorker::onConnectFailed(const Error &error) {
  const bool network = startsWith(error.fault, "NET-") || startsWith(error.fault, "CMD-") || error.fault == "CHANNEL-REFUSED";
  const bool stays = m_wasOnline || !m_followers.empty();
  if (network && stays) {
    const size_t step = std::min<size_t>(static_cast<size_t>(m_failures++), std::size(kBackOff) - 1);
    const double delay = kBackOff[step] * std::uniform_real_distribution<double>(0.8, 1.2)(m_random);
    m_tryAt = m_clock.steady() + delay;
    return setLink(api::LinkState::Reconnecting, error.message, &error, m_clock.wall() + delay);
  }
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_wanted = m_asked;
  }
  setLink(network || error.code == ErrorCode::Interrupted ? api::LinkState::Offline : api::LinkState::NeedsUser, error.message, &error);
}

/// Ends a connection that is no more, and finds out in time that it is.
void HostWorker::checkHost() {
  SshSession &session = m_host->session();
  const double gap = m_clock.wall() - m_clock.steady();
  if (std::abs(gap - m_clockGap) > kSlept) {
    const Error slept = session.lose("the computer slept");
    m_clockGap = gap;
  }
  if (!session.lost()) {
    const bool news = session.hasNews();
    if (const auto files = news ? m_host->files() : Result<RemoteFiles *>(nullptr); news && files.ok()) {
      const auto ignored = (*files)->stat("."); // takes in what waits: keep-alive, farewell
      static_cast<void>(ignored.ok());
    }
    if (!session.lost() && session.secondsSilent() > session.options().silentSeconds) {
      const Status alive = probe(session, m_quit.token());
      static_cast<void>(alive.ok());
    }
  }
  if (!session.lost()) {
    if (link().state == api::LinkState::Degraded) setLink(api::LinkState::Online, "Connected to " + hostName() + ".");
    return;
  }
  const Error lost = session.lose("it was given up");
  dropHost();
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_dropping) return;
  }
  m_failures = 0;
  onConnectFailed(fault("NET-LOST", "The connection to " + hostName() + " was lost. What runs there goes on.", lost.where, lost.hint));
}

void HostWorker::dropHost() {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_open = nullptr;
  }
  m_host.reset();
}

} // namespace attune::remote
