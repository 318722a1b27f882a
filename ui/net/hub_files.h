// The files of a model on a hub: read from the hub's list, checked for names that could do harm here, and the choice of those
// that Attune needs. Pure functions; the list is hostile input.
#pragma once

#include "ui/net/hub_address.h"

#include <QByteArray>
#include <QStringList>

#include <vector>

namespace attune::ui {

struct HubFile {
  QString path;
  qint64 bytes = 0;
  QByteArray sha256; // hex, lower case; empty where the hub does not say
  QByteArray sha1;   // of git's blob, where there is no sha256
};

struct HubList {
  std::vector<HubFile> files;
  QStringList refused; // names that cannot be stored safely
  bool valid = false;  // whether it is a list at all
};

/// One page of a hub's list.
HubList parseHubList(const QByteArray &json, HubLayout layout);
/// Whether a file may be stored under this name below a folder: no way out of it, no hidden or device name, no controls.
bool isSafeName(const QString &path);
/// Those in the model's own folder that make a model: weights in one format, settings, tokenizer, template, licence.
std::vector<HubFile> neededFiles(const std::vector<HubFile> &all);

} // namespace attune::ui
