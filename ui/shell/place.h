// The places of the left rail, in their order, with what the rail needs of each. A place is added here and in MainWindow.
#pragma once

#include <QString>

namespace attune::ui {

enum class Place { Start, Data, Models, Train, Runs, Chat, Cluster };
constexpr Place kPlaces[] = {Place::Start, Place::Data, Place::Models, Place::Train, Place::Runs, Place::Chat, Place::Cluster};

QString placeName(Place place); // translated
QString placeIcon(Place place);

} // namespace attune::ui
