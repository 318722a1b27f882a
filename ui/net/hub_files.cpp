#include "ui/net/hub_files.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace attune::ui {

namespace {

constexpr qint64 kMaxFileBytes = qint64(1) << 50;
constexpr int kMaxDepth = 8;

QByteArray digest(const QJsonValue &value, int digits) {
  QByteArray text = value.toString().toLower().toLatin1();
  if (text.startsWith("sha256:")) text.remove(0, 7);
  const bool hex = std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && text.size() == digits ? text : QByteArray();
}

qint64 sizeOf(const QJsonValue &value) {
  const double number = value.toDouble(-1);
  return number >= 0 && number <= static_cast<double>(kMaxFileBytes) && std::floor(number) == number ? static_cast<qint64>(number) : -1;
}

HubFile fileOf(const QJsonObject &item, HubLayout layout) {
  HubFile file;
  if (layout == HubLayout::ModelScope) {
    file.path = item.value(QLatin1String("Path")).toString();
    file.bytes = sizeOf(item.value(QLatin1String("Size")));
    file.sha256 = digest(item.value(QLatin1String("Sha256")), 64);
    return file;
  }
  const QJsonObject lfs = item.value(QLatin1String("lfs")).toObject();
  file.path = item.value(QLatin1String("path")).toString();
  file.bytes = sizeOf(item.value(QLatin1String("size")));
  if (lfs.isEmpty())
    file.sha1 = digest(item.value(QLatin1String("oid")), 40);
  else
    file.sha256 = digest(lfs.value(QLatin1String("oid")), 64);
  return file;
}

bool matches(const QString &name, const char *pattern) {
  return QRegularExpression(QRegularExpression::anchoredPattern(QLatin1String(pattern)), QRegularExpression::CaseInsensitiveOption)
      .match(name)
      .hasMatch();
}

bool isSetting(const QString &name) {
  return matches(name, "[^/]+\\.(json|jinja|tiktoken)|(tokenizer|spiece|sentencepiece.*)\\.model|(merges|vocab)\\.txt|readme\\.md|"
                       "(licen[sc]e|copying|notice|use_policy)[^/]*") &&
         !matches(name, ".*\\.index\\.json");
}

/// The one GGUF file to begin with: a middling size of the usual kinds, else the smallest.
const HubFile *usualGguf(const std::vector<HubFile> &all) {
  const HubFile *smallest = nullptr;
  for (const char *kind : {".*q4_k_m\\.gguf", ".*q8_0\\.gguf", ".*\\.gguf"})
    for (const HubFile &file : all)
      if (!file.path.contains(QLatin1Char('/')) && matches(file.path, kind)) {
        if (QLatin1String(kind) != QLatin1String(".*\\.gguf")) return &file;
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
  const auto any = [&](const char *pattern) {
    return std::any_of(all.begin(), all.end(), [&](const HubFile &file) { return matches(file.path, pattern); });
  };
  // One format of the weights, and of that the whole: "model" of transformers before the maker's own "consolidated".
  const char *const whole = "(model|pytorch_model)(-\\d+-of-\\d+)?\\.(safetensors|bin)(\\.index\\.json)?";
  const bool safetensors = any("[^/]+\\.safetensors");
  const bool usual = any("(model|pytorch_model)(-\\d+-of-\\d+)?\\.safetensors");
  const char *const weights = usual         ? "(model|pytorch_model)(-\\d+-of-\\d+)?\\.safetensors(\\.index\\.json)?"
                              : safetensors ? "[^/]+\\.safetensors(\\.index\\.json)?"
                                            : whole;
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
