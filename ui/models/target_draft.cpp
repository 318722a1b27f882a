#include "ui/models/target_draft.h"

#include "ui/models/cluster_text.h"
#include "ui/models/terminal_command.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/visible_text.h"

#include <QRegularExpression>
#include <QSettings>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int64_t kCoresPerCard = 8;

QString shown(const std::string &text) { return onOneLine(QString::fromStdString(text)); }

bool isName(const std::string &text) {
  static const QRegularExpression name(QStringLiteral("^[A-Za-z0-9_.:=][A-Za-z0-9_.:=-]{0,63}$"));
  return name.match(QString::fromStdString(text)).hasMatch();
}

std::string kindOf(const std::string &gres) { return gres.substr(0, gres.find(':')); }

} // namespace

int64_t minutesOf(const QString &text) {
  static const QRegularExpression clock(QStringLiteral("^(\\d{1,4}):([0-5]\\d)$"));
  static const QRegularExpression amount(QStringLiteral("^(\\d{1,7}(?:\\.\\d{1,3})?)\\s*(m|min|h|d|分钟|小时|天)?$"));
  const QString typed = text.trimmed().toLower();
  if (const auto match = clock.match(typed); match.hasMatch()) return match.captured(1).toLongLong() * 60 + match.captured(2).toLongLong();
  const auto match = amount.match(typed);
  if (!match.hasMatch()) return -1;
  const QString unit = match.captured(2);
  const int64_t each = unit == QLatin1String("h") || unit == QStringLiteral("小时") ? 60
                       : unit == QLatin1String("d") || unit == QStringLiteral("天") ? 1440
                                                                                    : 1;
  return static_cast<int64_t>(match.captured(1).toDouble() * static_cast<double>(each));
}

QString minutesText(int64_t minutes) {
  if (minutes > 0 && minutes % 1440 == 0) return QString::number(minutes / 1440) + QStringLiteral(" d");
  if (minutes > 0 && minutes % 60 == 0) return QString::number(minutes / 60) + QStringLiteral(" h");
  return QString::number(minutes) + QStringLiteral(" min");
}

TargetDraft::TargetDraft(ClusterCenter &clusters, QObject *parent) : QObject(parent), m_clusters(clusters) {
  connect(&m_clusters, &ClusterCenter::changed, this, [this](const QString &name) {
    if (!m_target || name.toStdString() != m_target->cluster) return;
    guess();
    settle();
  });
  connect(&m_clusters, &ClusterCenter::listChanged, this, [this] {
    if (!m_target) return;
    if (cluster())
      settle();
    else
      useHere();
  });
}

void TargetDraft::useHere() {
  m_target.reset();
  m_extra.clear();
  settle();
}

void TargetDraft::useCluster(const QString &name, const QString &partition) {
  const ClusterState *chosen = m_clusters.find(name);
  if (!chosen) return;
  const api::ClusterProfile &profile = chosen->profile;
  api::ClusterTarget target;
  if (m_target && m_target->cluster == profile.name) target = *m_target;
  target.cluster = profile.name;
  if (target.partition.empty()) target.partition = profile.partition;
  if (!partition.isEmpty()) target.partition = partition.toStdString();
  if (target.gres.empty()) target.gres = profile.gres;
  if (target.account.empty()) target.account = profile.account;
  if (target.qos.empty()) target.qos = profile.qos;
  if (!target.gres.empty() && target.cards == 0) target.cards = 1;
  m_target = target;
  guess();
  settle();
}

/// Where the profile names no partition: the first one that is open, and its cards.
void TargetDraft::guess() {
  const ClusterState *chosen = cluster();
  if (!chosen || !chosen->overview.value || !m_target->partition.empty()) return;
  for (const api::ClusterPartition &one : chosen->overview.value->partitions) {
    if (!one.up) continue;
    m_target->partition = one.name;
    if (m_target->gres.empty() && !one.cardsPerNode.empty()) {
      m_target->gres = one.cardsPerNode.begin()->first;
      m_target->cards = 1;
    }
    return;
  }
}

void TargetDraft::set(const api::ClusterTarget &target) {
  m_target = target;
  settle();
}

void TargetDraft::setExtra(const QString &text) {
  m_extra = text;
  if (!m_target) return;
  m_target->extra.clear();
  for (QString word : text.split(QRegularExpression(QStringLiteral("\\s+")), Qt::SkipEmptyParts)) {
    while (word.startsWith(QLatin1Char('-'))) word.remove(0, 1);
    const qsizetype equals = word.indexOf(QLatin1Char('='));
    m_target->extra.emplace_back(word.left(equals < 0 ? word.size() : equals).toStdString(),
                                 equals < 0 ? std::string() : word.mid(equals + 1).toStdString());
  }
  settle();
}

const ClusterState *TargetDraft::cluster() const { return m_target ? m_clusters.find(QString::fromStdString(m_target->cluster)) : nullptr; }

const api::ClusterPartition *TargetDraft::partition() const {
  const ClusterState *chosen = cluster();
  if (!chosen || !chosen->overview.value) return nullptr;
  const auto &all = chosen->overview.value->partitions;
  const auto found = std::find_if(all.begin(), all.end(), [this](const auto &one) { return one.name == m_target->partition; });
  return found == all.end() ? nullptr : &*found;
}

int64_t TargetDraft::usualCores() const { return m_target ? kCoresPerCard * std::max<int64_t>(1, m_target->cards) : 0; }

QString TargetDraft::memoryKey() const {
  return QStringLiteral("cards/%1/%2/%3")
      .arg(QString::fromStdString(m_target->cluster), QString::fromStdString(m_target->partition), QString::fromStdString(m_target->gres));
}

int64_t TargetDraft::cardBytes() const { return m_target && m_target->cards > 0 ? QSettings().value(memoryKey()).toLongLong() : 0; }

void TargetDraft::setCardBytes(int64_t bytes) {
  if (!m_target || m_target->cards == 0) return;
  QSettings().setValue(memoryKey(), static_cast<qlonglong>(bytes));
  Q_EMIT changed();
}

void TargetDraft::settle() {
  m_problems.clear();
  if (m_target) {
    checkNames();
    checkPartition();
  }
  Q_EMIT changed();
}

void TargetDraft::checkNames() {
  const auto need = [this](bool good, const char *member, const QString &problem) {
    if (!good) m_problems.insert(QLatin1String(member), problem);
  };
  const api::ClusterTarget &target = *m_target;
  const QString letters = tr("It may hold letters, digits and _ . : = - only, 64 at most.");
  need(target.partition.empty() || isName(target.partition), "partition", letters);
  need(!target.partition.empty(), "partition", tr("Choose a partition."));
  need(target.gres.empty() || isName(target.gres), "gres", letters);
  need(target.account.empty() || isName(target.account), "account", letters);
  need(target.qos.empty() || isName(target.qos), "qos", letters);
  need(target.cards == 0 || !target.gres.empty(), "gres", tr("Name the kind of card, such as dcu."));
  need(target.minutes >= 1 && target.minutes <= 366 * 1440, "minutes", tr("Give a time, such as 90, 1:30, 2 h or 1 d."));
  static const QRegularExpression option(QStringLiteral("^[a-z-]{1,32}$"));
  for (const auto &[name, value] : target.extra)
    need(option.match(QString::fromStdString(name)).hasMatch(), "extra",
         tr("%1 is no option of Slurm; write --constraint=name.").arg(shown(name)));
}

void TargetDraft::checkPartition() {
  const ClusterState *chosen = cluster();
  const api::ClusterTarget &target = *m_target;
  if (!chosen || !chosen->overview.value || target.partition.empty()) return;
  const api::ClusterPartition *found = partition();
  const QString name = shown(target.partition);
  const auto problem = [this](const char *member, const QString &text) { m_problems.insert(QLatin1String(member), text); };
  if (!found) {
    QStringList there;
    for (const api::ClusterPartition &one : chosen->overview.value->partitions) there.append(shown(one.name));
    return problem("partition", tr("There is no partition %1. There are: %2.").arg(name, there.join(QStringLiteral(", "))));
  }
  if (!found->up) problem("partition", tr("%1 is closed: a job would wait for ever. Choose another one.").arg(name));
  if (found->limitMinutes >= 0 && target.minutes > found->limitMinutes)
    problem("minutes", tr("%1 allows %2; you asked for %3.").arg(name, limitText(found->limitMinutes), limitText(target.minutes)));
  const auto most = [&](const char *member, int64_t asked, int64_t there, const QString &what) {
    if (there > 0 && asked > there)
      problem(
          member,
          tr("%1 has %2 %3; you asked for %4.", "partition, number, of what, number").arg(name, countText(there), what, countText(asked)));
  };
  most("nodes", target.nodes, found->nodes, tr("nodes"));
  most("cores", target.cores > 0 ? target.cores : usualCores(), found->coresPerNode, tr("cores a node"));
  if (found->memoryPerNode > 0 && target.memory > found->memoryPerNode)
    problem("memory", tr("A node of %1 has %2.").arg(name, bytesText(found->memoryPerNode << 20)));
  if (target.gres.empty()) return;
  const auto kind = found->cardsPerNode.find(kindOf(target.gres));
  if (kind == found->cardsPerNode.end())
    problem("gres", found->cardsPerNode.empty() ? tr("%1 has no cards.").arg(name)
                                                : tr("%1 has other cards: %2.").arg(name, cardsText(found->cardsPerNode)));
  else
    most("cards", target.cards, kind->second, tr("%1 a node", "a kind of card").arg(shown(kind->first)));
}

QString TargetDraft::notice() const {
  if (!m_target) return {};
  QStringList notes;
  if (m_target->cards > 1 || m_target->nodes > 1) notes.append(tr("A run uses one card for now: the others would be held and stay idle."));
  const ClusterState *chosen = cluster();
  if (chosen && !chosen->overview.value)
    notes.append(chosen->online() ? tr("Looking at the partitions…") : tr("Not connected: the request is checked when the run begins."));
  else if (const api::ClusterPartition *one = partition(); one && one->up) {
    QString free = tr("Free now: %1 of %2 nodes", "counts").arg(countText(one->freeNodes), countText(one->nodes));
    if (!one->cards.empty()) free += QStringLiteral(", ") + cardsText(one->freeCards, one->cards);
    notes.append(free + QLatin1Char('.'));
  }
  if (m_target->mode == api::SubmitMode::Salloc)
    notes.append(tr("A held allocation ends with a lost node and is never requeued; it is given back when the run ends."));
  return notes.join(QLatin1Char(' '));
}

QString TargetDraft::commandWords() const {
  if (!m_target) return {};
  const api::ClusterTarget &target = *m_target;
  QStringList words = {QStringLiteral("--cluster ") + shellWord(QString::fromStdString(target.cluster))};
  const auto add = [&words](const char *name, const std::string &value) {
    if (!value.empty()) words.append(QStringLiteral("--%1 %2").arg(QLatin1String(name), shellWord(QString::fromStdString(value))));
  };
  const auto count = [&add](const char *name, int64_t value, int64_t usual) {
    if (value != usual) add(name, std::to_string(value));
  };
  add("partition", target.partition);
  count("nodes", target.nodes, 1);
  add("gres", target.gres);
  count("cards", target.cards, 0);
  count("cores", target.cores, 0);
  count("minutes", target.minutes, 0);
  count("memory", target.memory, 0);
  add("account", target.account);
  add("qos", target.qos);
  add("model", target.model);
  return words.join(QLatin1Char(' '));
}

} // namespace attune::ui
