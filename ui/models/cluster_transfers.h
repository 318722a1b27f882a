// Files on their way between this machine and a cluster: asked for, watched, stopped. GUI thread; progress is picked up a few times
// a second from what the cluster's thread counts. A broken one goes on where it ended when it is asked for again.
#pragma once

#include "core/base/stop_token.h"
#include "ui/models/cluster_center.h"

#include <QTimer>

#include <atomic>
#include <memory>
#include <vector>

namespace attune::ui {

struct Transfer {
  enum class State { Going, Done, Failed, Stopped };
  int id = 0;
  QString cluster, name;
  bool upload = false;
  std::string from, to;
  State state = State::Going;
  qint64 done = 0, total = 0;
  double bytesPerSecond = 0;
  std::optional<Error> problem;
};

class ClusterTransfers : public QObject {
  Q_OBJECT

public:
  explicit ClusterTransfers(ClusterCenter &clusters, QObject *parent = nullptr);
  ~ClusterTransfers() override;
  const std::vector<Transfer> &all() const { return m_all; }
  void download(const QString &cluster, const QString &from, const QString &to);
  void upload(const QString &cluster, const QString &from, const QString &to);
  void stop(int id);
  void again(int id);
  /// Takes one that is over out of the list.
  void forget(int id);

Q_SIGNALS:
  void changed();
  void arrived(const attune::ui::Transfer &transfer);

private:
  struct Counter {
    std::atomic<uint64_t> done{0}, total{0};
  };
  struct Going {
    StopSource stop;
    std::shared_ptr<Counter> counter;
  };
  void add(Transfer transfer);
  void begin(Transfer &transfer);
  void onEnd(int id, const Status &status);
  void count();
  Transfer *find(int id);

  ClusterCenter &m_clusters;
  std::shared_ptr<Mailbox> m_mailbox;
  std::vector<Transfer> m_all;
  std::map<int, Going> m_going;
  QTimer m_timer;
  int m_last = 0;
};

} // namespace attune::ui
