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
  case Place::Runs: return Words::tr("Runs");
  }
  return {};
}

QString placeIcon(Place place) {
  switch (place) {
  case Place::Start: return QStringLiteral("start");
  case Place::Runs: return QStringLiteral("runs");
  }
  return {};
}

} // namespace attune::ui
