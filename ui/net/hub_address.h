// Where a model lies on a hub, and the addresses that list and serve its files: Hugging Face and mirrors laid out like it, and
// ModelScope. Pure functions.
#pragma once

#include <QString>
#include <QUrl>

#include <optional>

namespace attune::ui {

enum class HubLayout { HuggingFace, ModelScope };

struct HubAddress {
  HubLayout layout = HubLayout::HuggingFace;
  QUrl base;        // "https://huggingface.co", perhaps with a path
  QString repo;     // "org/name"
  QString revision; // "main"

  QUrl listUrl() const;
  QUrl fileUrl(const QString &path) const;
};

/// Whether it can be an owner, a name or a revision.
bool isHubWord(const QString &text);
/// A hub as a person reads it, letter by letter what is asked: "huggingface.co", "http://localhost:8080/hub".
QString hubName(const QUrl &base);
/// The layout of a hub by its host.
HubLayout layoutOf(const QUrl &base);
/// A hub's address as typed: https or http with a host; without a scheme https.
std::optional<QUrl> parseHubBase(const QString &typed);
/// What a person types: "org/name" on the hub at `base`, or the address of the model's page on any hub.
std::optional<HubAddress> parseHubAddress(const QString &typed, const QUrl &base);

} // namespace attune::ui
