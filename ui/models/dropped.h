// What a path dropped onto the window is: data, a model, an adapter, a run, another folder, or none of these. Looks at the disk:
// service threads.
#pragma once

#include <QString>

namespace attune::ui {

enum class DroppedKind { Dataset, Model, Adapter, Run, Folder, Unknown };

struct Dropped {
  DroppedKind kind = DroppedKind::Unknown;
  QString path; // of what it is: a folder for a file inside a model, an adapter or a run
};

Dropped lookAtDropped(const QString &path);

} // namespace attune::ui
