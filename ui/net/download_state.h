// What is to be fetched into a folder, and the file beside it that says so until all is there. The file may come from anybody:
// it is read with the limits of a hub's list, and one that was not written here is foreign. Any thread; blocking.
#pragma once

#include "ui/net/hub_files.h"

#include <optional>

namespace attune::ui {

struct DownloadPlan {
  HubAddress address;
  QString folder;
  std::vector<HubFile> files;
  qint64 bytes() const { return bytesOf(files); }
};

struct DownloadState {
  DownloadPlan plan;
  std::vector<QByteArray> tags; // one a file: the ETag that its part came under, or empty
  bool foreign = true;          // not sealed with this person's key, so begun by somebody else
};

/// Of the file that a download keeps in its folder.
constexpr const char *kDownloadStateFile = ".attune-download.json";

/// Nothing where there is no download, or what is there cannot be one of ours.
std::optional<DownloadState> readDownload(const QString &folder);
/// Sealed with the key in this person's settings.
bool writeDownload(const DownloadPlan &plan, const std::vector<QByteArray> &tags);

} // namespace attune::ui
