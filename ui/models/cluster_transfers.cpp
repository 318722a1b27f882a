#include "ui/models/cluster_transfers.h"

#include <QFileInfo>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kLookMs = 250;

} // namespace

ClusterTransfers::ClusterTransfers(ClusterCenter &clusters, QObject *parent)
    : QObject(parent), m_clusters(clusters), m_mailbox(Mailbox::make(this)) {
  m_timer.setInterval(kLookMs);
  connect(&m_timer, &QTimer::timeout, this, &ClusterTransfers::count);
}

ClusterTransfers::~ClusterTransfers() {
  m_mailbox->close();
  for (const auto &[id, going] : m_going) going.stop.requestStop();
}

Transfer *ClusterTransfers::find(int id) {
  const auto found = std::find_if(m_all.begin(), m_all.end(), [id](const Transfer &transfer) { return transfer.id == id; });
  return found == m_all.end() ? nullptr : &*found;
}

void ClusterTransfers::download(const QString &cluster, const QString &from, const QString &to) {
  add({0, cluster, QFileInfo(from).fileName(), false, from.toStdString(), to.toStdString(), Transfer::State::Going, 0, 0, 0, {}});
}

void ClusterTransfers::upload(const QString &cluster, const QString &from, const QString &to) {
  add({0, cluster, QFileInfo(from).fileName(), true, from.toStdString(), to.toStdString(), Transfer::State::Going, 0, 0, 0, {}});
}

void ClusterTransfers::add(Transfer transfer) {
  transfer.id = ++m_last;
  m_all.push_back(std::move(transfer));
  begin(m_all.back());
}

void ClusterTransfers::begin(Transfer &transfer) {
  const auto connection = m_clusters.connection(transfer.cluster);
  if (!connection) return;
  transfer.state = Transfer::State::Going;
  transfer.problem.reset();
  transfer.bytesPerSecond = 0;
  Going going{StopSource(), std::make_shared<Counter>()};
  const auto told = [counter = going.counter](uint64_t done, uint64_t total) {
    counter->done = done;
    counter->total = total;
  };
  const auto over = [this, box = m_mailbox, id = transfer.id](const Status &status) {
    box->post([this, id, status] { onEnd(id, status); });
  };
  if (transfer.upload)
    connection->upload(transfer.from, transfer.to, told, going.stop.token(), over);
  else
    connection->download(transfer.from, transfer.to, told, going.stop.token(), over);
  m_going.insert_or_assign(transfer.id, std::move(going));
  m_timer.start();
  Q_EMIT changed();
}

void ClusterTransfers::stop(int id) {
  if (const auto going = m_going.find(id); going != m_going.end()) going->second.stop.requestStop();
}

void ClusterTransfers::again(int id) {
  Transfer *transfer = find(id);
  if (transfer && transfer->state != Transfer::State::Going) begin(*transfer);
}

void ClusterTransfers::forget(int id) {
  m_all.erase(
      std::remove_if(m_all.begin(), m_all.end(), [id](const Transfer &one) { return one.id == id && one.state != Transfer::State::Going; }),
      m_all.end());
  Q_EMIT changed();
}

void ClusterTransfers::onEnd(int id, const Status &status) {
  Transfer *transfer = find(id);
  const auto going = m_going.find(id);
  if (!transfer || going == m_going.end()) return;
  count();
  const bool stopped = going->second.stop.stopRequested();
  m_going.erase(going);
  if (m_going.empty()) m_timer.stop();
  transfer->state = status.ok() ? Transfer::State::Done : stopped ? Transfer::State::Stopped : Transfer::State::Failed;
  if (transfer->state == Transfer::State::Failed) transfer->problem = status.error();
  if (status.ok()) Q_EMIT arrived(Transfer(*transfer)); // a copy: who hears it may change the list
  Q_EMIT changed();
}

void ClusterTransfers::count() {
  for (const auto &[id, going] : m_going) {
    Transfer *transfer = find(id);
    if (!transfer) continue;
    const auto done = static_cast<qint64>(going.counter->done.load());
    const double speed = static_cast<double>(std::max<qint64>(0, done - transfer->done)) * 1000 / kLookMs;
    transfer->bytesPerSecond = transfer->bytesPerSecond > 0 ? 0.8 * transfer->bytesPerSecond + 0.2 * speed : speed;
    transfer->done = done;
    transfer->total = static_cast<qint64>(going.counter->total.load());
  }
  Q_EMIT changed();
}

} // namespace attune::ui
