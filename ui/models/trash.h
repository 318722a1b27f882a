// The desktop's trash: things go there and come back. Blocking, service threads.
#pragma once

#include <QString>

namespace attune::ui {

/// Where it lies now; empty when it could not be moved.
QString moveToTrash(const QString &path);
/// Back to where it was, with the note that the trash keeps beside it; false when something lies there by now.
bool takeFromTrash(const QString &trashed, const QString &path);

} // namespace attune::ui
