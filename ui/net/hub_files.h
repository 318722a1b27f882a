// The files of a model on a hub: read from the hub's list, checked for names that could do harm here, and the choice of those
// that Attune needs. Pure functions; the list is hostile input.
#pragma once

#include "ui/net/hub_address.h"

#include <QByteArray>
#include <QStringList>

#include <vector>

class QJsonValue;

namespace attune::ui {

struct HubFile {
  QString path;
  qint64 bytes = 0;
  QByteArray sha256; // hex, lower case; empty where the hub does not say
  QByteArray sha1;   // of git's blob, where there is no sha256
};

constexpr size_t kMaxHubFiles = 20000; // of one model

struct HubList {
  std::vector<HubFile> files;
  QStringList refused; // names that cannot be stored safely
  bool valid = false;  // whether it is a list at all
};

/// One page of a hub's list.
HubList parseHubList(const QByteArray &json, HubLayout layout);
/// Whether a file may be stored under this name below a folder: no way out of it, no hidden or device name, no controls.
bool isSafeName(const QString &path);
/// A size as a list or a state file says it; -1 for one that no file has.
qint64 sizeOf(const QJsonValue &value);
/// So many hexadecimal digits in lower case, without "sha256:"; empty for anything else.
QByteArray digestOf(const QJsonValue &value, int digits);
/// Of all together; the largest number where they say more than that.
qint64 bytesOf(const std::vector<HubFile> &files);
/// Leaves one of the files that are listed twice alike. Gives a name that two different files would share, on some disk: alike but
/// for upper and lower case, or a file where another has a folder; empty where there is none.
QString mergeTwins(std::vector<HubFile> &files);
/// Those in the model's own folder that make a model: weights in one format, settings, tokenizer, template, licence.
std::vector<HubFile> neededFiles(const std::vector<HubFile> &all);

} // namespace attune::ui
