#include "ui/pages/template_menu.h"

#include "ui/models/template_text.h"
#include "ui/widgets/file_pick.h"

#include <QCoreApplication>
#include <QMenu>

#include <algorithm>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(TemplateMenu)
};

} // namespace

void fillTemplateMenu(QMenu &menu, const std::string &current, std::function<void(const QString &name)> choose) {
  std::vector<std::string> names = {api::kAutoTemplate, api::kOwnTemplate};
  names.insert(names.end(), api::builtInTemplateNames().begin(), api::builtInTemplateNames().end());
  if (std::find(names.begin(), names.end(), current) == names.end()) names.push_back(current);
  for (const std::string &name : names) {
    const QString chosen = QString::fromStdString(name);
    QAction *action = menu.addAction(templateText(name), &menu, [choose, chosen] { choose(chosen); });
    action->setCheckable(true);
    action->setChecked(name == current);
  }
  menu.addSeparator();
  QWidget *over = menu.parentWidget();
  menu.addAction(Words::tr("Choose a template file…"), over,
                 [over, choose] { pickFile(over, Words::tr("A chat template"), Words::tr("Jinja templates (*.jinja)"), choose); });
}

} // namespace attune::ui
