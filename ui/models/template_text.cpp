#include "ui/models/template_text.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(TemplateText)
};

} // namespace

QString templateText(const std::string &name) {
  const QString text = QString::fromStdString(name);
  const std::vector<std::string> &builtIn = api::builtInTemplateNames();
  if (name == api::kAutoTemplate) return Words::tr("Automatic");
  if (name == api::kOwnTemplate) return Words::tr("The model's own");
  if (std::find(builtIn.begin(), builtIn.end(), name) != builtIn.end()) return Words::tr("%1 (built in)").arg(text);
  return api::isTemplateFile(name) ? QFileInfo(text).fileName() : text;
}

} // namespace attune::ui
