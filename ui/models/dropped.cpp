#include "ui/models/dropped.h"

#include <QDir>
#include <QFileInfo>

namespace attune::ui {

namespace {

const char *const kDatasetEndings[] = {"json", "jsonl", "csv", "tsv", "txt", "md"};

DroppedKind folderKind(const QDir &folder) {
  if (folder.exists(QStringLiteral("run.json")) || folder.exists(QStringLiteral("events.jsonl"))) return DroppedKind::Run;
  if (folder.exists(QStringLiteral("adapter_config.json"))) return DroppedKind::Adapter;
  return folder.exists(QStringLiteral("config.json")) ? DroppedKind::Model : DroppedKind::Folder;
}

} // namespace

Dropped lookAtDropped(const QString &path) {
  const QFileInfo entry(path);
  if (entry.isDir()) return {folderKind(QDir(path)), entry.absoluteFilePath()};
  if (!entry.isFile()) return {DroppedKind::Unknown, path};
  const QString ending = entry.suffix().toLower();
  if (ending == QLatin1String("gguf")) return {DroppedKind::Model, entry.absoluteFilePath()};
  const QString name = entry.fileName();
  if (ending == QLatin1String("safetensors") || name == QLatin1String("config.json") || name == QLatin1String("adapter_config.json") ||
      name == QLatin1String("run.json")) {
    const DroppedKind kind = folderKind(entry.dir());
    if (kind != DroppedKind::Folder) return {kind, entry.absolutePath()};
  }
  for (const char *dataset : kDatasetEndings)
    if (ending == QLatin1String(dataset)) return {DroppedKind::Dataset, entry.absoluteFilePath()};
  return {DroppedKind::Unknown, entry.absoluteFilePath()};
}

} // namespace attune::ui
