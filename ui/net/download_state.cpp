#include "ui/net/download_state.h"

#include "core/base/atomic_file.h"
#include "ui/net/download_folder.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMessageAuthenticationCode>
#include <QRandomGenerator>
#include <QSettings>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kSchema = 1;
constexpr qint64 kMaxStateBytes = 16 << 20;
constexpr qsizetype kMaxTag = 256, kMaxBase = 256;

const QString kStateName = QLatin1String(kDownloadStateFile);
const QString kSeal = QStringLiteral("seal");

/// Made once and kept where only this person writes. Without it every earlier download is asked about again, no more.
const QByteArray &sealKey() {
  static const QByteArray key = [] {
    QSettings settings;
    const QString name = QStringLiteral("downloads/key");
    QByteArray kept = QByteArray::fromHex(settings.value(name).toByteArray());
    if (kept.size() == 32) return kept;
    quint32 words[8];
    QRandomGenerator::system()->fillRange(words);
    kept = QByteArray(reinterpret_cast<const char *>(words), sizeof words);
    settings.setValue(name, QString::fromLatin1(kept.toHex()));
    return kept;
  }();
  return key;
}

QString sealOf(QJsonObject state) {
  state.remove(kSeal);
  const QByteArray text = QJsonDocument(state).toJson(QJsonDocument::Compact);
  return QString::fromLatin1(QMessageAuthenticationCode::hash(text, sealKey(), QCryptographicHash::Sha256).toHex());
}

/// It is sent in a header.
QByteArray tagOf(const QJsonValue &value) {
  const QByteArray tag = value.toString().toUtf8();
  const bool plain = std::all_of(tag.begin(), tag.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  return plain && tag.size() <= kMaxTag ? tag : QByteArray();
}

} // namespace

std::optional<DownloadState> readDownload(const QString &folder) {
  QFile file;
  if (!openToRead(file, folder, kStateName) || file.size() > kMaxStateBytes) return std::nullopt;
  const QJsonObject state = QJsonDocument::fromJson(file.readAll()).object();
  const auto text = [&](const char *key) { return state.value(QLatin1String(key)).toString(); };
  const auto base = parseHubBase(text("base"));
  if (state.value(QLatin1String("schema")).toInt() != kSchema || !base || text("base").size() > kMaxBase) return std::nullopt;
  const auto address = parseHubAddress(text("repo"), *base);
  if (!address || address->base != *base || address->repo != text("repo") || !isHubWord(text("revision"))) return std::nullopt;
  DownloadState found;
  found.plan.address = *address;
  found.plan.address.revision = text("revision");
  found.plan.address.layout = text("layout") == QLatin1String("modelscope") ? HubLayout::ModelScope : HubLayout::HuggingFace;
  found.plan.folder = folder;
  const QJsonArray files = state.value(QLatin1String("files")).toArray();
  if (files.isEmpty() || static_cast<size_t>(files.size()) > kMaxHubFiles) return std::nullopt;
  for (const QJsonValue &value : files) {
    const QJsonObject item = value.toObject();
    HubFile one{item.value(QLatin1String("path")).toString(), sizeOf(item.value(QLatin1String("bytes"))),
                digestOf(item.value(QLatin1String("sha256")), 64), digestOf(item.value(QLatin1String("sha1")), 40)};
    if (!isSafeName(one.path) || one.bytes < 0) return std::nullopt;
    found.plan.files.push_back(std::move(one));
    found.tags.push_back(tagOf(item.value(QLatin1String("etag"))));
  }
  const size_t count = found.plan.files.size();
  if (!mergeTwins(found.plan.files).isEmpty() || found.plan.files.size() != count) return std::nullopt;
  found.foreign = text("seal") != sealOf(state);
  return found;
}

bool writeDownload(const DownloadPlan &plan, const std::vector<QByteArray> &tags) {
  QJsonArray files;
  for (size_t i = 0; i < plan.files.size(); ++i) {
    const HubFile &file = plan.files[i];
    files.append(QJsonObject{{QStringLiteral("path"), file.path},
                             {QStringLiteral("bytes"), file.bytes},
                             {QStringLiteral("sha256"), QString::fromLatin1(file.sha256)},
                             {QStringLiteral("sha1"), QString::fromLatin1(file.sha1)},
                             {QStringLiteral("etag"), QString::fromLatin1(tags[i])}});
  }
  const bool scope = plan.address.layout == HubLayout::ModelScope;
  QJsonObject state{{QStringLiteral("schema"), kSchema},
                    {QStringLiteral("base"), plan.address.base.toString()},
                    {QStringLiteral("layout"), scope ? QStringLiteral("modelscope") : QStringLiteral("huggingface")},
                    {QStringLiteral("repo"), plan.address.repo},
                    {QStringLiteral("revision"), plan.address.revision},
                    {QStringLiteral("files"), files}};
  state.insert(kSeal, sealOf(state));
  if (storedFile(plan.folder, kStateName).kind == StoredKind::Other) return false; // a link would be written through
  const QString path = plan.folder + QLatin1Char('/') + kStateName;
  return writeFileAtomic(path.toStdString(), QJsonDocument(state).toJson().toStdString()).ok();
}

} // namespace attune::ui
