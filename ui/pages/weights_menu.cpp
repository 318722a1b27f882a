#include "ui/pages/weights_menu.h"

#include "ui/models/run_text.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"

#include <QCoreApplication>
#include <QMenu>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(WeightsMenu)
};

} // namespace

QString weightsName(const QString &run, const api::RunWeights &weights) {
  return weights.step > 0 ? Words::tr("%1 · step %2").arg(run, countText(weights.step)) : run;
}

void fillWeightsMenu(QMenu &menu, const RunCenter &runs, const RunWeightsList &weights, const std::string &model,
                     const ChooseWeights &choose) {
  menu.addAction(Words::tr("None"), &menu, [=] { choose({0, model, ""}, {}); });
  menu.addSeparator();
  for (const api::RunSummary &run : runs.runs()) {
    const std::vector<api::RunWeights> found = weights.of(run.folder);
    if (found.empty()) continue;
    const QString name = QString::fromStdString(run.name);
    const bool going = runs.isLive(QString::fromStdString(run.folder));
    QString shown = going ? Words::tr("%1 (training)").arg(name) : name;
    shown.replace(u'&', QStringLiteral("&&"));
    const auto offer = [&](QMenu &where, const QString &text, const api::RunWeights &one) {
      where.addAction(text, &menu, [=] { choose(one, weightsName(name, one)); });
    };
    if (found.size() == 1 && found.front().step == 0) {
      offer(menu, shown, found.front());
      continue;
    }
    QMenu *steps = menu.addMenu(shown);
    for (const api::RunWeights &one : found)
      offer(*steps, one.step > 0 ? Words::tr("Checkpoint of step %1").arg(countText(one.step)) : Words::tr("Result"), one);
  }
  menu.addSeparator();
  QWidget *over = menu.parentWidget();
  menu.addAction(Words::tr("Choose an adapter folder…"), &menu, [=] {
    pickFolder(over, Words::tr("A PEFT adapter folder"), [=](const QString &path) {
      choose({0, model, path.toStdString()}, shortName(path.toStdString()));
    });
  });
}

} // namespace attune::ui
