#include "ui/pages/lens_card.h"

#include "ui/models/run_text.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/template_menu.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/length_histogram.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

LensCard::LensCard(DatasetSession &session, ConfigDraft &draft, const Services &services, const RunCenter &runs, QWidget *parent)
    : QFrame(parent), m_session(session), m_draft(draft), m_services(services), m_runs(runs) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 8, 12, 8);
  layout->setSpacing(4);
  auto *head = new QHBoxLayout;
  head->setSpacing(8);
  m_lens = makeButton(ButtonKind::Quiet, this);
  m_about = makeLabel(TextRole::Caption, this);
  m_cancel = makeButton(ButtonKind::Small, this);
  head->addWidget(m_lens);
  head->addStretch(1);
  head->addWidget(m_about);
  head->addWidget(m_cancel);
  layout->addLayout(head);
  m_histogram = new LengthHistogram(this);
  m_histogram->setMinimumHeight(64);
  m_histogram->setMaximumHeight(80);
  layout->addWidget(m_histogram);
  auto *menu = new QMenu(m_lens);
  connect(menu, &QMenu::aboutToShow, this, [this, menu] { fillMenu(*menu); });
  m_lens->setMenu(menu);
  connect(m_cancel, &QPushButton::clicked, &m_session, &DatasetSession::cancelWork);
  connect(&m_draft, &ConfigDraft::changed, this, [this] {
    m_pause.start();
    showSurvey();
  });
  m_pause.setSingleShot(true);
  m_pause.setInterval(400);
  connect(&m_pause, &QTimer::timeout, this, [this] {
    if (isVisible()) m_session.setLens(m_draft.config());
  });
  connect(&m_session, &DatasetSession::surveyed, this, &LensCard::showSurvey);
  connect(&m_session, &DatasetSession::workChanged, this, &LensCard::showSurvey);
  onLanguage(this, [this] {
    m_cancel->setText(tr("Stop counting"));
    m_lens->setToolTip(tr("The model, the template and the length that tokens are counted under."));
    m_histogram->setAccessibleName(tr("Length of the rows, in tokens"));
    showSurvey();
  });
}

void LensCard::showEvent(QShowEvent *) { m_session.setLens(m_draft.config()); }

void LensCard::resizeEvent(QResizeEvent *) { showSurvey(); }

void LensCard::set(const char *key, const QString &value) { m_draft.setText(*api::findConfigField(key), value); }

void LensCard::fillMenu(QMenu &menu) {
  menu.clear();
  fillModelMenu(*menu.addMenu(tr("Model")), m_services, m_runs, [this](const QString &path) { set("model", path); });
  const auto choices = [&](const QString &title, const char *key, const QStringList &values, const QString &current) {
    QMenu *one = menu.addMenu(title);
    for (const QString &value : values) {
      QAction *action = one->addAction(value, this, [this, key, value] { set(key, value); });
      action->setCheckable(true);
      action->setChecked(value == current);
    }
    return one;
  };
  const api::RunConfig &config = m_draft.config();
  fillTemplateMenu(*menu.addMenu(tr("Template")), config.templateName, [this](const QString &name) { set("template", name); });
  QMenu *lengths = choices(tr("Cut at, in tokens"), "max_length",
                           {QStringLiteral("256"), QStringLiteral("512"), QStringLiteral("1024"), QStringLiteral("2048"),
                            QStringLiteral("4096"), QStringLiteral("8192")},
                           QString::number(config.maxLength));
  lengths->addAction(tr("Another length…"), this, [this] {
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setInputMode(QInputDialog::IntInput);
    dialog->setIntRange(2, 1 << 20);
    dialog->setIntValue(static_cast<int>(m_draft.config().maxLength));
    dialog->setWindowTitle(tr("Cut at"));
    dialog->setLabelText(tr("The longest row, in tokens."));
    connect(dialog, &QInputDialog::intValueSelected, this, [this](int length) { set("max_length", QString::number(length)); });
    dialog->open();
  });
}

/// The model's name gives way to what stands beside it, and that to a name too short to be known.
void LensCard::showLens(int taken) {
  constexpr int kShortest = 70, kAround = 24 + 20; // the card's and the button's margins
  const api::RunConfig &config = m_draft.config();
  const QFontMetrics metrics = m_lens->fontMetrics();
  const auto text = [&](const QString &name) {
    return config.model.empty() ? tr("Choose a model to count tokens ▾")
                                : tr("As %1 sees it, cut at %2 ▾").arg(name, countText(config.maxLength));
  };
  const int room = width() - kAround - taken - metrics.horizontalAdvance(text(QString()));
  const int about = m_about->text().isEmpty() ? 0 : m_about->sizeHint().width() + 16;
  const bool both = room - about >= (config.model.empty() ? 0 : kShortest);
  m_about->setVisible(both);
  m_lens->setText(text(metrics.elidedText(shortName(config.model), Qt::ElideMiddle, std::max(kShortest, both ? room - about : room))));
}

void LensCard::showSurvey() {
  const api::RunConfig &config = m_draft.config();
  const bool counting = m_session.work() == DatasetSession::Work::Surveying;
  m_cancel->setVisible(counting);
  const auto &survey = m_session.survey();
  if (counting) {
    const double share = m_session.progress();
    m_about->setText(share < 0 ? tr("Counting tokens") : tr("Counting tokens, %1").arg(percentText(share)));
  } else if (survey && survey->lengths.usableRows > 0 && !survey->lengths.histogram.empty()) {
    const auto &lengths = survey->lengths;
    const double fit = static_cast<double>(lengths.usableRows - lengths.overCutoff) / static_cast<double>(lengths.usableRows);
    m_about->setText(tr("%1 trained tokens · %2 fit uncut").arg(countText(lengths.trainedTokens), percentText(fit)));
  } else {
    m_about->clear();
  }
  showLens(counting ? m_cancel->sizeHint().width() + 8 : 0);
  const bool some = survey && !config.model.empty() && !survey->lengths.histogram.empty();
  m_histogram->setVisible(some && window()->height() >= 700); // a low window shows rows
  if (some) m_histogram->setBins(survey->lengths.histogram, config.maxLength);
}

} // namespace attune::ui
