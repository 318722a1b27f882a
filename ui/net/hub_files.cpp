#include "ui/net/hub_files.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace attune::ui {

namespace {

constexpr qint64 kMaxFileBytes = qint64(1) << 50;
constexpr int kMaxDepth = 8;

HubFile fileOf(const QJsonObject &item, HubLayout layout) {
  HubFile file;
  if (layout == HubLayout::ModelScope) {
    file.path = item.value(QLatin1String("Path")).toString();
    file.bytes = sizeOf(item.value(QLatin1String("Size")));
    file.sha256 = digestOf(item.value(QLatin1String("Sha256")), 64);
    return file;
  }
  const QJsonObject lfs = item.value(QLatin1String("lfs")).toObject();
  file.path = item.value(QLatin1String("path")).toString();
  file.bytes = sizeOf(item.value(QLatin1String("size")));
  if (lfs.isEmpty())
    file.sha1 = digestOf(item.value(QLatin1String("oid")), 40);
  else
    file.sha256 = digestOf(lfs.value(QLatin1String("oid")), 64);
  return file;
}

/// Of a whole name, in either case. Compiled once each: a list may hold thousands of names.
QRegularExpression pattern(const char *text) {
  return QRegularExpression(QRegularExpression::anchoredPattern(QLatin1String(text)), QRegularExpression::CaseInsensitiveOption);
}

bool matches(const QString &name, const QRegularExpression &wanted) { return wanted.match(name).hasMatch(); }

bool isIndex(const QString &name) { return name.endsWith(QLatin1String(".index.json"), Qt::CaseInsensitive); }

bool isSetting(const QString &name) {
  static const QRegularExpression setting =
      pattern("[^/]+\\.(json|jinja|tiktoken)|(tokenizer|spiece|sentencepiece.*)\\.model|(merges|vocab)\\.txt|readme\\.md|"
              "(licen[sc]e|copying|notice|use_policy)[^/]*");
  return matches(name, setting) && !isIndex(name);
}

/// The one GGUF file to begin with: a middling size of the usual kinds, else the smallest.
const HubFile *usualGguf(const std::vector<HubFile> &all) {
  const HubFile *smallest = nullptr;
  for (const char *ending : {"q4_k_m.gguf", "q8_0.gguf", ".gguf"})
    for (const HubFile &file : all)
      if (!file.path.contains(QLatin1Char('/')) && file.path.endsWith(QLatin1String(ending), Qt::CaseInsensitive)) {
        if (ending[0] != '.') return &file;
        if (!smallest || file.bytes < smallest->bytes) smallest = &file;
      }
  return smallest;
}

} // namespace

HubList parseHubList(const QByteArray &json, HubLayout layout) {
  HubList list;
  const QJsonDocument document = QJsonDocument::fromJson(json);
  QJsonArray items;
  if (layout == HubLayout::ModelScope) {
    const QJsonValue files = document.object().value(QLatin1String("Data")).toObject().value(QLatin1String("Files"));
    list.valid = files.isArray();
    items = files.toArray();
  } else {
    list.valid = document.isArray();
    items = document.array();
  }
  for (const QJsonValue &value : items) {
    const QJsonObject item = value.toObject();
    const QString type = item.value(layout == HubLayout::ModelScope ? QLatin1String("Type") : QLatin1String("type")).toString();
    if (type != QLatin1String("file") && type != QLatin1String("blob")) continue;
    HubFile file = fileOf(item, layout);
    if (file.path.startsWith(QLatin1String(".git"))) continue; // the hub's own
    if (!isSafeName(file.path) || file.bytes < 0)
      list.refused.append(file.path.left(200));
    else
      list.files.push_back(std::move(file));
  }
  return list;
}

QByteArray digestOf(const QJsonValue &value, int digits) {
  QByteArray text = value.toString().toLower().toLatin1();
  if (text.startsWith("sha256:")) text.remove(0, 7);
  const bool hex = std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && text.size() == digits ? text : QByteArray();
}

qint64 sizeOf(const QJsonValue &value) {
  const double number = value.toDouble(-1);
  return number >= 0 && number <= static_cast<double>(kMaxFileBytes) && std::floor(number) == number ? static_cast<qint64>(number) : -1;
}

qint64 bytesOf(const std::vector<HubFile> &files) {
  qint64 sum = 0;
  for (const HubFile &file : files) sum += std::min(file.bytes, std::numeric_limits<qint64>::max() - sum);
  return sum;
}

QString mergeTwins(std::vector<HubFile> &files) {
  const auto key = [](const QString &path) { return path.normalized(QString::NormalizationForm_C).toCaseFolded(); };
  std::map<QString, size_t> places;
  std::vector<HubFile> kept;
  for (HubFile &file : files) {
    const auto [place, isNew] = places.try_emplace(key(file.path), kept.size());
    const HubFile *first = isNew ? &file : &kept[place->second];
    if (first->bytes != file.bytes || first->sha256 != file.sha256 || first->sha1 != file.sha1) return file.path;
    if (isNew) kept.push_back(std::move(file));
  }
  files = std::move(kept);
  for (const HubFile &file : files)
    for (qsizetype at = file.path.indexOf(QLatin1Char('/')); at >= 0; at = file.path.indexOf(QLatin1Char('/'), at + 1))
      if (places.count(key(file.path.left(at)))) return file.path.left(at);
  return {};
}

bool isSafeName(const QString &path) {
  static const QRegularExpression device(QStringLiteral("^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?$"),
                                         QRegularExpression::CaseInsensitiveOption);
  const QStringList parts = path.split(QLatin1Char('/'));
  if (path.isEmpty() || parts.size() > kMaxDepth || path.toUtf8().size() > 1024) return false;
  for (const QString &part : parts) {
    // ".part" and what Attune keeps beside the files need room, too
    if (part.isEmpty() || part.toUtf8().size() > 240 || part.startsWith(QLatin1Char('.')) || part.endsWith(QLatin1Char(' ')) ||
        part.endsWith(QLatin1Char('.')) || part.endsWith(QLatin1String(".part")) || device.match(part).hasMatch())
      return false;
    for (const QChar c : part)
      if (!c.isPrint() || QStringLiteral("\\:*?\"<>|").contains(c)) return false;
  }
  return true;
}

std::vector<HubFile> neededFiles(const std::vector<HubFile> &all) {
  const auto any = [&](const QRegularExpression &wanted) {
    return std::any_of(all.begin(), all.end(), [&](const HubFile &file) { return matches(file.path, wanted) && !isIndex(file.path); });
  };
  // One format of the weights, and of that the whole: "model" of transformers before the maker's own "consolidated".
  static const QRegularExpression usual = pattern("(model|pytorch_model)(-\\d+-of-\\d+)?\\.safetensors(\\.index\\.json)?");
  static const QRegularExpression safetensors = pattern("[^/]+\\.safetensors(\\.index\\.json)?");
  static const QRegularExpression whole = pattern("(model|pytorch_model)(-\\d+-of-\\d+)?\\.(safetensors|bin)(\\.index\\.json)?");
  const QRegularExpression &weights = any(usual) ? usual : any(safetensors) ? safetensors : whole;
  std::vector<HubFile> needed;
  bool found = false;
  for (const HubFile &file : all) {
    if (file.path.contains(QLatin1Char('/'))) continue;
    const bool weight = matches(file.path, weights);
    found |= weight;
    if (weight || isSetting(file.path)) needed.push_back(file);
  }
  if (const HubFile *gguf = found ? nullptr : usualGguf(all)) needed.push_back(*gguf);
  return needed;
}

} // namespace attune::ui
