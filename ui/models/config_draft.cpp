#include "ui/models/config_draft.h"

#include "core/base/shell_word.h"
#include "ui/models/field_text.h"
#include "ui/widgets/number_text.h"

#include <QLocale>
#include <QRegularExpression>

#include <cmath>

namespace attune::ui {

namespace {

QString numberAsTyped(double value) {
  if (value != 0 && (std::fabs(value) < 1e-2 || std::fabs(value) >= 1e6)) return rateText(value);
  return QString::number(value, 'g', 10);
}

/// "16 GiB" without its unit, which is returned in bytes; K, M, G and T count by 1,024, with a lone B by 1,000.
double takeUnit(QString &text) {
  static const QRegularExpression kSize(QStringLiteral("^(.*\\d)\\s*(?:([KMGT])(iB|B)?|(B|bytes))$"),
                                        QRegularExpression::CaseInsensitiveOption);
  const auto found = kSize.match(text);
  if (!found.hasMatch()) return 1;
  text = found.captured(1);
  const QString prefix = found.captured(2).toUpper();
  const double base = found.captured(3).size() == 1 ? 1000 : 1024;
  return prefix.isEmpty() ? 1 : std::pow(base, 1.0 + static_cast<double>(QStringLiteral("KMGT").indexOf(prefix)));
}

/// As it was typed: "16 GiB" for a whole number of them.
QString sizeAsTyped(int64_t bytes) {
  const char *const units[] = {" TiB", " GiB", " MiB"};
  for (int i = 0; bytes > 0 && i < 3; ++i) {
    const int64_t unit = int64_t(1) << (40 - 10 * i);
    if (bytes % unit == 0) return QString::number(bytes / unit) + QLatin1String(units[i]);
  }
  return QString::number(bytes);
}

std::optional<double> parseNumber(QString text, bool size) {
  text = text.trimmed();
  double factor = size ? takeUnit(text) : 1;
  if (text.endsWith(QLatin1Char('%'))) {
    text = text.chopped(1).trimmed();
    factor = 0.01;
  }
  // Groups of three digits alone: "0,1" and "1,5e-4" are decimals of other languages, not 1 and 15e-4.
  static const QRegularExpression kGroups(
      QStringLiteral("^[+-]?[1-9]\\d{0,2}(?:([ ,'\u2009\u00A0\u202F])\\d{3}(?:\\1\\d{3})*)(?:\\.\\d*)?$"));
  if (const auto groups = kGroups.match(text); groups.hasMatch()) text.remove(groups.captured(1));
  bool ok = false;
  const double value = text.toDouble(&ok);
  if (!ok || !std::isfinite(value)) return std::nullopt;
  return value * factor;
}

} // namespace

QStringList problemLines(const std::vector<ConfigProblem> &problems, const api::RunConfig &config) {
  QStringList all;
  for (const ConfigProblem &found : problems) {
    const api::ConfigField *field = api::findConfigField(found.key.substr(0, found.key.rfind("dataset.", 0) == 0 ? 7 : std::string::npos));
    all.append((field ? fieldLabel(*field) : QString::fromStdString(found.key)) + QStringLiteral(": ") + problemText(found, config));
  }
  return all;
}

ConfigDraft::ConfigDraft(QObject *parent) : QObject(parent) { settle(); }

/// Once a change, what every field asks for: the problems, and which settings differ from their defaults.
void ConfigDraft::settle() {
  m_problems = api::validate(m_config);
  m_changed.clear();
  for (const api::ConfigDifference &setting : api::configDiff(api::RunConfig{}, m_config)) m_changed.insert(setting.key);
  Q_EMIT changed();
}

void ConfigDraft::replace(const api::RunConfig &config, const QString &path, const api::RunConfig &file) {
  m_path = path;
  m_file = file;
  edit(config);
}

void ConfigDraft::edit(const api::RunConfig &config) {
  m_config = config;
  m_unreadable.clear();
  settle();
}

QString ConfigDraft::text(const api::ConfigField &field) const {
  const auto typed = m_unreadable.find(QString::fromStdString(field.key));
  if (typed != m_unreadable.end()) return *typed;
  const api::FieldValue value = field.get(m_config);
  if (const auto *whole = std::get_if<int64_t>(&value)) return field.unit == "bytes" ? sizeAsTyped(*whole) : QString::number(*whole);
  if (const auto *real = std::get_if<double>(&value)) return numberAsTyped(*real);
  if (const auto *name = std::get_if<std::string>(&value)) return QString::fromStdString(*name);
  QStringList items;
  if (const auto *list = std::get_if<std::vector<std::string>>(&value))
    for (const std::string &item : *list) items.append(QString::fromStdString(item));
  return items.join(QLatin1Char('\n'));
}

void ConfigDraft::setText(const api::ConfigField &field, const QString &text) {
  if (text == this->text(field)) return;
  const QString key = QString::fromStdString(field.key);
  m_unreadable.remove(key);
  switch (field.type) {
  case api::FieldType::Integer:
  case api::FieldType::Number: {
    const bool size = field.unit == "bytes";
    auto value = parseNumber(text, size);
    if (value && size) value = std::floor(*value); // 0.7 GiB
    const bool whole = value && *value == std::floor(*value) && std::fabs(*value) < 9e15;
    if (!value || (field.type == api::FieldType::Integer && !whole))
      m_unreadable.insert(key, text);
    else if (field.type == api::FieldType::Integer)
      field.set(m_config, static_cast<int64_t>(*value));
    else
      field.set(m_config, *value);
    break;
  }
  case api::FieldType::TextList: {
    std::vector<std::string> items;
    for (const QString &line : text.split(QLatin1Char('\n'), Qt::SkipEmptyParts))
      if (!line.trimmed().isEmpty()) items.push_back(line.trimmed().toStdString());
    field.set(m_config, items);
    break;
  }
  case api::FieldType::Text:
  case api::FieldType::Path:
  case api::FieldType::Choice: field.set(m_config, text.trimmed().toStdString()); break;
  case api::FieldType::Boolean:
  case api::FieldType::ChoiceList:
  case api::FieldType::Datasets: break; // set as values
  }
  settle();
}

void ConfigDraft::setValue(const api::ConfigField &field, const api::FieldValue &value) {
  m_unreadable.remove(QString::fromStdString(field.key));
  field.set(m_config, value);
  settle();
}

void ConfigDraft::setDatasets(const std::vector<api::DatasetRef> &datasets) {
  m_config.dataset = datasets;
  settle();
}

QString ConfigDraft::problem(const std::string &key) const {
  const api::ConfigField *field = api::findConfigField(key);
  const auto typed = m_unreadable.find(QString::fromStdString(key));
  if (typed != m_unreadable.end() && field && field->unit == "bytes") return tr("This is no size. Write it as 16 GiB or 512 MB.");
  if (typed != m_unreadable.end() && typed->contains(QLatin1Char(',')))
    return tr("Write decimals with a point, as in 0.1. A comma only sets thousands apart, as in 10,000.");
  if (typed != m_unreadable.end())
    return field && field->type == api::FieldType::Integer ? tr("This is not a whole number.") : tr("This is not a number.");
  for (const ConfigProblem &found : m_problems) {
    const bool here = found.key == key || (key == "dataset" && found.key.rfind("dataset.", 0) == 0);
    if (here) return problemText(found, m_config);
  }
  return {};
}

QStringList ConfigDraft::problems() const {
  QStringList all;
  for (auto typed = m_unreadable.begin(); typed != m_unreadable.end(); ++typed)
    if (const api::ConfigField *field = api::findConfigField(typed.key().toStdString()))
      all.append(fieldLabel(*field) + QStringLiteral(": ") + problem(field->key));
  return all + problemLines(m_problems, m_config);
}

bool ConfigDraft::isDefault(const api::ConfigField &field) const {
  return !m_unreadable.contains(QString::fromStdString(field.key)) && !m_changed.count(field.key);
}

void ConfigDraft::reset(const api::ConfigField &field) { setValue(field, field.defaultValue()); }

QString ConfigDraft::commandLine() const {
  QStringList words = {QStringLiteral("attune train")};
  if (!m_path.isEmpty()) words.append(QString::fromStdString(shellWord(m_path.toStdString())));
  for (const api::ConfigDifference &setting : api::configDiff(m_file, m_config))
    words.append(QStringLiteral("--set ") + QString::fromStdString(shellWord(setting.key + "=" + setting.to)));
  return words.join(QLatin1Char(' '));
}

} // namespace attune::ui
