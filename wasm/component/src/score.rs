//! The WIT interface `score`.

use std::cell::RefCell;

use interlock_core::score as core;
use interlock_core::score::{Knowledge, Nli};

use crate::Component;
use crate::bindings::exports::interlock::kernel::score as wit;

impl wit::Guest for Component {
    type LexicalNli = LexicalNli;
    type InMemoryKnowledge = InMemoryKnowledge;
    type Bm25 = Bm25;
    type Review = Review;
    type CoherenceScorer = CoherenceScorer;

    fn default_scorer_config() -> wit::ScorerConfig {
        (&core::ScorerConfig::default()).into()
    }

    fn scorer_config_of(config: wit::HaltConfig) -> wit::ScorerConfig {
        (&core::ScorerConfig::from(&config.into())).into()
    }

    fn validate_scorer_config(config: wit::ScorerConfig) -> Result<(), wit::InputError> {
        Ok(core::ScorerConfig::from(config).validate()?)
    }

    fn clamp_score(value: f64, lo: f64, hi: f64) -> f64 {
        core::clamp_score(value, lo, hi)
    }
}

pub(crate) struct LexicalNli(RefCell<core::LexicalNli>);

impl wit::GuestLexicalNli for LexicalNli {
    fn new() -> Self {
        Self(RefCell::new(core::LexicalNli::new()))
    }

    fn contradiction(&self, premise: String, hypothesis: String) -> f64 {
        self.0.borrow_mut().contradiction(&premise, &hypothesis)
    }

    fn contradiction_so_far(&self, premise: String, hypothesis: String) -> f64 {
        self.0.borrow_mut().contradiction_so_far(&premise, &hypothesis)
    }
}

pub(crate) struct InMemoryKnowledge(RefCell<core::InMemoryKnowledge>);

impl wit::GuestInMemoryKnowledge for InMemoryKnowledge {
    fn new() -> Self {
        Self(RefCell::new(core::InMemoryKnowledge::new()))
    }

    fn with_builtin_facts() -> wit::InMemoryKnowledge {
        wit::InMemoryKnowledge::new(Self(RefCell::new(core::InMemoryKnowledge::with_builtin_facts())))
    }

    fn insert(&self, key: String, value: String) -> bool {
        self.0.borrow_mut().insert(&key, &value)
    }

    fn insert_many(&self, facts: Vec<wit::Fact>) {
        let mut knowledge = self.0.borrow_mut();
        for fact in facts {
            knowledge.insert(&fact.key, &fact.value);
        }
    }

    fn facts(&self) -> Vec<wit::Fact> {
        let knowledge = self.0.borrow();
        knowledge.iter().map(|(key, value)| wit::Fact { key: key.to_owned(), value: value.to_owned() }).collect()
    }

    fn len(&self) -> u32 {
        self.0.borrow().len()
    }

    fn matches(&self, query: String) -> Vec<String> {
        self.0.borrow().matches(&query)
    }

    fn context(&self, query: String) -> Option<String> {
        self.0.borrow().context(&query)
    }
}

pub(crate) struct Bm25(RefCell<core::Bm25>);

impl wit::GuestBm25 for Bm25 {
    fn new() -> Self {
        Self(RefCell::new(core::Bm25::new()))
    }

    fn set_parameters(&self, k1: f64, b: f64) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_parameters(k1, b)?)
    }

    fn parameters(&self) -> wit::Bm25Parameters {
        let (k1, b) = self.0.borrow().parameters();
        wit::Bm25Parameters { k1, b }
    }

    fn set_context_size(&self, documents: u32) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_context_size(documents)?)
    }

    fn insert(&self, id: String, text: String) -> bool {
        self.0.borrow_mut().insert(&id, &text)
    }

    fn insert_many(&self, documents: Vec<wit::Document>) {
        let mut index = self.0.borrow_mut();
        for document in documents {
            index.insert(&document.id, &document.text);
        }
    }

    fn remove(&self, id: String) -> bool {
        self.0.borrow_mut().remove(&id)
    }

    fn len(&self) -> u32 {
        self.0.borrow().len()
    }

    fn search(&self, query: String, most: u32) -> Vec<wit::Bm25Hit> {
        let index = self.0.borrow();
        let hit = |hit: core::Bm25Hit<'_>| wit::Bm25Hit {
            id: hit.id.to_owned(),
            text: hit.text.to_owned(),
            score: hit.score,
        };
        index.search(&query, most).into_iter().map(hit).collect()
    }

    fn context(&self, query: String) -> Option<String> {
        self.0.borrow().context(&query)
    }
}

pub(crate) struct Review(RefCell<core::Review>);

impl wit::GuestReview for Review {
    fn prompt(&self) -> String {
        self.0.borrow().prompt().to_owned()
    }

    fn text(&self) -> String {
        self.0.borrow().text().to_owned()
    }

    fn is_partial(&self) -> bool {
        self.0.borrow().is_partial()
    }

    fn stage(&self) -> wit::ReviewStage {
        self.0.borrow().stage().into()
    }

    fn step(&self) -> wit::ReviewStep {
        match self.0.borrow().step() {
            core::ReviewStep::NeedContext { query } => wit::ReviewStep::NeedContext(query.to_owned()),
            core::ReviewStep::NeedNli { premise, hypothesis, partial } => wit::ReviewStep::NeedNli(wit::NliRequest {
                premise: premise.to_owned(),
                hypothesis: hypothesis.to_owned(),
                partial,
            }),
            core::ReviewStep::Done(score) => wit::ReviewStep::Done(score.into()),
        }
    }

    fn provide_context(&self, context: Option<String>) -> Result<(), wit::ReviewError> {
        Ok(self.0.borrow_mut().provide_context(context.as_deref())?)
    }

    fn provide_nli(&self, contradiction: f64) -> Result<(), wit::ReviewError> {
        Ok(self.0.borrow_mut().provide_nli(contradiction)?)
    }
}

/// What a scorer knows by itself.
enum Source {
    InMemory(core::InMemoryKnowledge),
    Bm25(core::Bm25),
}

impl Knowledge for Source {
    fn context(&self, query: &str) -> Option<String> {
        match self {
            Self::InMemory(facts) => facts.context(query),
            Self::Bm25(index) => index.context(query),
        }
    }

    fn look_up(&self, query: &str, lookup: &mut core::Lookup) -> bool {
        match self {
            Self::InMemory(facts) => facts.look_up(query, lookup),
            Self::Bm25(index) => index.look_up(query, lookup),
        }
    }
}

impl From<Option<wit::Knowledge>> for Source {
    fn from(knowledge: Option<wit::Knowledge>) -> Self {
        match knowledge {
            None => Self::InMemory(core::InMemoryKnowledge::new()),
            Some(wit::Knowledge::InMemory(facts)) => {
                Self::InMemory(facts.into_inner::<InMemoryKnowledge>().0.into_inner())
            }
            Some(wit::Knowledge::Bm25(index)) => Self::Bm25(index.into_inner::<Bm25>().0.into_inner()),
        }
    }
}

pub(crate) struct CoherenceScorer(RefCell<core::CoherenceScorer<core::LexicalNli, Source>>);

impl wit::GuestCoherenceScorer for CoherenceScorer {
    fn new(
        config: wit::ScorerConfig,
        knowledge: Option<wit::Knowledge>,
    ) -> Result<wit::CoherenceScorer, wit::InputError> {
        let scorer = core::CoherenceScorer::new(config.into(), core::LexicalNli::new(), knowledge.into())?;
        Ok(wit::CoherenceScorer::new(Self(RefCell::new(scorer))))
    }

    fn config(&self) -> wit::ScorerConfig {
        self.0.borrow().config().into()
    }

    fn set_coherence_threshold(&self, threshold: f64) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_coherence_threshold(threshold)?)
    }

    fn set_soft_limit(&self, limit: f64) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_soft_limit(limit)?)
    }

    fn history_len(&self) -> u32 {
        self.0.borrow().history_len()
    }

    fn history(&self) -> Vec<String> {
        self.0.borrow().history().map(str::to_owned).collect()
    }

    fn review(&self, prompt: String, text: String) -> wit::CoherenceScore {
        self.0.borrow_mut().review(&prompt, &text).into()
    }

    fn review_many(&self, prompt: String, texts: Vec<String>) -> Vec<wit::CoherenceScore> {
        let mut scorer = self.0.borrow_mut();
        texts.into_iter().map(|text| scorer.review(&prompt, &text).into()).collect()
    }

    fn review_partial(&self, prompt: String, text_so_far: String) -> wit::CoherenceScore {
        self.0.borrow_mut().review_partial(&prompt, &text_so_far).into()
    }

    fn compute_divergence(&self, prompt: String, text: String) -> f64 {
        self.0.borrow_mut().compute_divergence(&prompt, &text)
    }

    fn begin_review(&self, prompt: String, text: String) -> wit::Review {
        wit::Review::new(Review(RefCell::new(self.0.borrow().begin_review(&prompt, &text))))
    }

    fn begin_partial_review(&self, prompt: String, text_so_far: String) -> wit::Review {
        wit::Review::new(Review(RefCell::new(self.0.borrow().begin_partial_review(&prompt, &text_so_far))))
    }

    fn record(&self, review: wit::ReviewBorrow<'_>) -> Result<wit::CoherenceScore, wit::ReviewError> {
        let review = review.get::<Review>();
        Ok(self.0.borrow_mut().record(&mut review.0.borrow_mut())?.into())
    }
}

impl From<wit::ScorerConfig> for core::ScorerConfig {
    fn from(config: wit::ScorerConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            history_window: config.history_window,
        }
    }
}

impl From<&core::ScorerConfig> for wit::ScorerConfig {
    fn from(config: &core::ScorerConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            history_window: config.history_window,
        }
    }
}

impl From<core::CoherenceScore> for wit::CoherenceScore {
    fn from(score: core::CoherenceScore) -> Self {
        Self {
            score: score.score,
            h_logical: score.h_logical,
            h_factual: score.h_factual,
            approved: score.approved,
            warning: score.warning,
        }
    }
}

impl From<core::ReviewStage> for wit::ReviewStage {
    fn from(stage: core::ReviewStage) -> Self {
        match stage {
            core::ReviewStage::Context => Self::Context,
            core::ReviewStage::Nli => Self::Nli,
            core::ReviewStage::Done => Self::Done,
            core::ReviewStage::Recorded => Self::Recorded,
        }
    }
}

impl From<core::ReviewError> for wit::ReviewError {
    fn from(error: core::ReviewError) -> Self {
        match error {
            core::ReviewError::ContextNotNeeded(stage) => Self::ContextNotNeeded(stage.into()),
            core::ReviewError::NliNotNeeded(stage) => Self::NliNotNeeded(stage.into()),
            core::ReviewError::NotDone(stage) => Self::NotDone(stage.into()),
            core::ReviewError::AlreadyRecorded => Self::AlreadyRecorded,
        }
    }
}
