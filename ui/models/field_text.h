// What the settings are called and what they do, in the language of the program. Pure functions.
#pragma once

#include "core/api/config_fields.h"
#include "core/base/error.h"

#include <QString>

namespace attune::ui {

/// "Learning rate" for "optimizer.lr"; the key itself for one without a text, which a test forbids.
QString fieldLabel(const api::ConfigField &field);
QString fieldHelp(const api::ConfigField &field);
/// Everything about a setting in one line: name, key, unit, range, help.
QString fieldExplanation(const api::ConfigField &field);
/// "from 1 to 16,384"; empty without bounds.
QString fieldRange(const api::ConfigField &field);
QString fieldUnit(const api::ConfigField &field);
QString groupLabel(const std::string &group);
/// "LoRA" for method's "lora", "every step alike" for ...; the choice itself where it is a term.
QString choiceLabel(const std::string &key, const std::string &choice);
/// A value as the form shows it, from JSON text: "nf4" as "4-bit (NF4)", an empty list as "nothing".
QString fieldValueText(const api::ConfigField &field, const std::string &json);
/// The name of an item of the memory forecast, and what it is in plain words.
QString memoryItemLabel(const std::string &name);
QString memoryItemHelp(const std::string &name);
/// Its place among all items, for a colour that stays its own.
int memoryItemPlace(const std::string &name);
/// A problem as the user reads it: ranges in words of the language, others translated by their text.
QString problemText(const ConfigProblem &problem, const api::RunConfig &config);

} // namespace attune::ui
