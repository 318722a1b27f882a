#include "ui/shell/place.h"

#include <QCoreApplication>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Place)
};

} // namespace

QString placeName(Place place) {
  switch (place) {
  case Place::Start: return Words::tr("Start");
  case Place::Data: return Words::tr("Data");
  case Place::Models: return Words::tr("Models");
  case Place::Train: return Words::tr("Train");
  case Place::Runs: return Words::tr("Runs");
  case Place::Chat: return Words::tr("Chat");
  case Place::Cluster: return Words::tr("Cluster");
  }
  return {};
}

QString placeIcon(Place place) {
  switch (place) {
  case Place::Start: return QStringLiteral("start");
  case Place::Data: return QStringLiteral("data");
  case Place::Models: return QStringLiteral("models");
  case Place::Train: return QStringLiteral("train");
  case Place::Runs: return QStringLiteral("runs");
  case Place::Chat: return QStringLiteral("chat");
  case Place::Cluster: return QStringLiteral("cluster");
  }
  return {};
}

} // namespace attune::ui
