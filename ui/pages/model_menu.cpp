#include "ui/pages/model_menu.h"

#include "ui/models/run_text.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/visible_text.h"

#include <QCoreApplication>
#include <QMenu>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(ModelMenu)
};

} // namespace

void fillModelMenu(QMenu &menu, const Services &services, const RunCenter &runs, std::function<void(const QString &path)> choose) {
  QStringList paths = {QString::fromStdString(services.starterModel)};
  for (const api::RunSummary &run : runs.runs()) paths.append(QString::fromStdString(run.model));
  if (services.models)
    for (const std::string &path : services.models->known()) paths.append(QString::fromStdString(path));
  paths.removeDuplicates();
  paths.removeAll(QString());
  for (const QString &path : paths.mid(0, 20))
    menu.addAction(shortName(path.toStdString()), &menu, [choose, path] { choose(path); })->setToolTip(toolTipText(onOneLine(path)));
  menu.addSeparator();
  QWidget *over = menu.parentWidget();
  menu.addAction(Words::tr("Choose a model folder…"), over,
                 [over, choose] { pickFolder(over, Words::tr("A Hugging Face model folder"), choose); });
  menu.addAction(Words::tr("Choose a GGUF file…"), over,
                 [over, choose] { pickFile(over, Words::tr("A GGUF file"), Words::tr("GGUF models (*.gguf)"), choose); });
}

} // namespace attune::ui
