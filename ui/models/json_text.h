// JSON as people read it: the same text with line breaks and indents, every value and key untouched. Pure function.
#pragma once

#include <QString>

namespace attune::ui {

QString indentedJson(const QString &json);

} // namespace attune::ui
