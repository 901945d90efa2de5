BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE events (
	session_id VARCHAR(80) NOT NULL, 
	sequence INTEGER NOT NULL, 
	event_id VARCHAR(160) NOT NULL, 
	person_id VARCHAR(120) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (session_id, sequence), 
	UNIQUE (session_id, event_id), 
	FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
INSERT INTO "events" VALUES('s1',1,'s1-1','discord:1','start','{"id":"s1-1","at":"2026-05-04T12:00:00Z","kind":"start","mode":"drill","topic":null,"level":null,"questions":5,"minutes":30,"seed":0,"avoid":[],"private":false,"plain":false}');
INSERT INTO "events" VALUES('s1',2,'s1-1/0/asked','discord:1','asked','{"to":"s1-1","kind":"asked","ref":{"note_id":"kl","rung":0},"text":"What is kl?","stage":"drill","number":1}');
INSERT INTO "events" VALUES('s1',3,'s1-1/replied','discord:1','replied','{"to":"s1-1","kind":"replied","replies":[{"kind":"question","text":"What is kl?","note_id":"kl","rung":0,"number":1,"of":5,"stage":"","bridge":""}]}');
INSERT INTO "events" VALUES('s1',4,'s1-1/shown','discord:1','shown','{"to":"s1-1","kind":"shown"}');
INSERT INTO "events" VALUES('s1',5,'s1-2','discord:1','say','{"id":"s1-2","at":"2026-05-04T12:00:00Z","prompt":null,"kind":"say","text":"it is the expected log loss; p ≠ q, isn''t it?"}');
INSERT INTO "events" VALUES('s1',6,'s1-2/graded','discord:1','graded','{"to":"s1-2","kind":"graded","grade":{"judge":"scripted","points":[{"point_id":"a","weight":0.5,"verdict":"met","evidence":{"start":0,"end":45,"quote":"it is the expected log loss; p ≠ q, isn''t it?"},"probability":null,"expected":null,"probabilities":{},"reason":"","aid":"none","marked":false},{"point_id":"b","weight":0.3,"verdict":"unscored","evidence":null,"probability":null,"expected":null,"probabilities":{},"reason":"","aid":"none","marked":false},{"point_id":"c","weight":0.2,"verdict":"missed","evidence":null,"probability":null,"expected":null,"probabilities":{},"reason":"","aid":"none","marked":false}],"misconceptions":[],"notices":[]}}');
INSERT INTO "events" VALUES('s1',7,'s1-2/0/probed','discord:1','probed','{"to":"s1-2","kind":"probed","point_id":"b","text":"You said “it is the expected log loss; p ≠ q, isn''t it?”. What about b in kl?","authored":"What about b in kl?"}');
INSERT INTO "events" VALUES('s1',8,'s1-2/replied','discord:1','replied','{"to":"s1-2","kind":"replied","replies":[{"kind":"grade","question":"What is kl?","score":0.5,"open_weight":0.3,"points":[{"number":1,"text":"Secret kl fact a rests on gaussa and eulera.","weight":0.5,"verdict":"met","quote":"it is the expected log loss; p ≠ q, isn''t it?","aid":"none","reason":"","marked":false,"votes":[]},{"number":2,"text":null,"weight":0.3,"verdict":"unscored","quote":"","aid":"none","reason":"","marked":false,"votes":[]},{"number":3,"text":null,"weight":0.2,"verdict":"missed","quote":"","aid":"none","reason":"","marked":false,"votes":[]}],"judge":"scripted","final":false,"misconceptions":[],"number":null},{"kind":"probe","text":"You said “it is the expected log loss; p ≠ q, isn''t it?”. What about b in kl?"}]}');
INSERT INTO "events" VALUES('s1',9,'s1-2/shown','discord:1','shown','{"to":"s1-2","kind":"shown"}');
INSERT INTO "events" VALUES('s1',10,'s1-3','discord:1','hint','{"id":"s1-3","at":"2026-05-04T12:00:00Z","prompt":null,"kind":"hint"}');
INSERT INTO "events" VALUES('s1',11,'s1-3/0/hinted','discord:1','hinted','{"to":"s1-3","kind":"hinted","point_id":"b","text":"… kl fact … rests on … and eulerb."}');
INSERT INTO "events" VALUES('s1',12,'s1-3/replied','discord:1','replied','{"to":"s1-3","kind":"replied","replies":[{"kind":"hint","text":"… kl fact … rests on … and eulerb.","cost":"a hinted point earns half"}]}');
INSERT INTO "events" VALUES('s1',13,'s1-3/shown','discord:1','shown','{"to":"s1-3","kind":"shown"}');
INSERT INTO "events" VALUES('s1',14,'s1-4','discord:1','skip','{"id":"s1-4","at":"2026-05-04T12:00:00Z","prompt":null,"kind":"skip"}');
INSERT INTO "events" VALUES('s1',15,'s1-4/0/finished','discord:1','finished','{"to":"s1-4","kind":"finished","skipped":true}');
INSERT INTO "events" VALUES('s1',16,'s1-4/1/asked','discord:1','asked','{"to":"s1-4","kind":"asked","ref":{"note_id":"bayes","rung":0},"text":"What is bayes?","stage":"drill","number":2}');
INSERT INTO "events" VALUES('s1',17,'s1-4/replied','discord:1','replied','{"to":"s1-4","kind":"replied","replies":[{"kind":"grade","question":"What is kl?","score":0.5,"open_weight":0.3,"points":[{"number":1,"text":"Secret kl fact a rests on gaussa and eulera.","weight":0.5,"verdict":"met","quote":"it is the expected log loss; p ≠ q, isn''t it?","aid":"none","reason":"","marked":false,"votes":[]},{"number":2,"text":"Secret kl fact b rests on gaussb and eulerb.","weight":0.3,"verdict":"unscored","quote":"","aid":"none","reason":"","marked":false,"votes":[]},{"number":3,"text":"Secret kl fact c rests on gaussc and eulerc.","weight":0.2,"verdict":"missed","quote":"","aid":"none","reason":"","marked":false,"votes":[]}],"judge":"scripted","final":true,"misconceptions":[],"number":1},{"kind":"explanation","note_id":"kl","text":"In short, kl is this."},{"kind":"question","text":"What is bayes?","note_id":"bayes","rung":0,"number":2,"of":5,"stage":"","bridge":""}]}');
INSERT INTO "events" VALUES('s1',18,'s1-4/shown','discord:1','shown','{"to":"s1-4","kind":"shown"}');
INSERT INTO "events" VALUES('s1',19,'s1-5','discord:1','mark','{"id":"s1-5","at":"2026-05-04T12:00:00Z","kind":"mark","question":null,"point":2,"verdict":"met"}');
INSERT INTO "events" VALUES('s1',20,'s1-5/0/marked','discord:1','marked','{"to":"s1-5","kind":"marked","exchange":0,"point_id":"b","verdict":"met"}');
INSERT INTO "events" VALUES('s1',21,'s1-5/replied','discord:1','replied','{"to":"s1-5","kind":"replied","replies":[{"kind":"grade","question":"What is kl?","score":0.65,"open_weight":0.0,"points":[{"number":1,"text":"Secret kl fact a rests on gaussa and eulera.","weight":0.5,"verdict":"met","quote":"it is the expected log loss; p ≠ q, isn''t it?","aid":"none","reason":"","marked":false,"votes":[]},{"number":2,"text":"Secret kl fact b rests on gaussb and eulerb.","weight":0.3,"verdict":"met","quote":"","aid":"hint","reason":"","marked":true,"votes":[]},{"number":3,"text":"Secret kl fact c rests on gaussc and eulerc.","weight":0.2,"verdict":"missed","quote":"","aid":"none","reason":"","marked":false,"votes":[]}],"judge":"scripted","final":true,"misconceptions":[],"number":1}]}');
INSERT INTO "events" VALUES('s1',22,'s1-5/shown','discord:1','shown','{"to":"s1-5","kind":"shown"}');
INSERT INTO "events" VALUES('s1',23,'s1-6','discord:1','stop','{"id":"s1-6","at":"2026-05-04T12:00:00Z","kind":"stop"}');
INSERT INTO "events" VALUES('s1',24,'s1-6/0/closed','discord:1','closed','{"to":"s1-6","kind":"closed"}');
INSERT INTO "events" VALUES('s1',25,'s1-6/replied','discord:1','replied','{"to":"s1-6","kind":"replied","replies":[{"kind":"debrief","mode":"drill","score":0.65,"open_weight":0.0,"questions":[{"number":1,"question":"What is kl?","note_id":"kl","stage":"drill","score":0.65,"open_weight":0.0,"points":[{"number":1,"text":"Secret kl fact a rests on gaussa and eulera.","weight":0.5,"verdict":"met","quote":"it is the expected log loss; p ≠ q, isn''t it?","aid":"none","reason":"","marked":false,"votes":[]},{"number":2,"text":"Secret kl fact b rests on gaussb and eulerb.","weight":0.3,"verdict":"met","quote":"","aid":"hint","reason":"","marked":true,"votes":[]},{"number":3,"text":"Secret kl fact c rests on gaussc and eulerc.","weight":0.2,"verdict":"missed","quote":"","aid":"none","reason":"","marked":false,"votes":[]}],"skipped":true,"hints":1}],"strengths":["Secret kl fact a rests on gaussa and eulera."],"weaknesses":["Secret kl fact c rests on gaussc and eulerc."],"read_next":["kl"]}]}');
INSERT INTO "events" VALUES('s1',26,'s1-6/shown','discord:1','shown','{"to":"s1-6","kind":"shown"}');
INSERT INTO "events" VALUES('s2',1,'s2-1','discord:1','start','{"id":"s2-1","at":"2026-05-04T12:00:00Z","kind":"start","mode":"interview","topic":null,"level":null,"questions":5,"minutes":30,"seed":0,"avoid":[],"private":false,"plain":false}');
INSERT INTO "events" VALUES('s2',2,'s2-1/0/asked','discord:1','asked','{"to":"s2-1","kind":"asked","ref":{"note_id":"kl","rung":0},"text":"What is kl?","stage":"fundamentals","number":1}');
INSERT INTO "events" VALUES('s2',3,'s2-1/replied','discord:1','replied','{"to":"s2-1","kind":"replied","replies":[{"kind":"question","text":"What is kl?","note_id":"kl","rung":0,"number":1,"of":null,"stage":"fundamentals","bridge":""}]}');
INSERT INTO "events" VALUES('s2',4,'s2-1/shown','discord:1','shown','{"to":"s2-1","kind":"shown"}');
CREATE TABLE installations (
	id VARCHAR(80) NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "installations" VALUES('slack:T1',X'006B6579');
CREATE TABLE leases (
	id VARCHAR(80) NOT NULL, 
	holder VARCHAR(40) NOT NULL, 
	until DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE servers (
	id VARCHAR(80) NOT NULL, 
	settings TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "servers" VALUES('discord:4','{}');
CREATE TABLE sessions (
	id VARCHAR(80) NOT NULL, 
	person_id VARCHAR(120) NOT NULL, 
	place VARCHAR(200) NOT NULL, 
	created_at DATETIME NOT NULL, server VARCHAR(80), 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('s1','discord:1','discord:2','2026-11-23 08:08:42.569144',NULL);
INSERT INTO "sessions" VALUES('s2','discord:1','discord:3','2026-11-23 08:08:43.737170',NULL);
CREATE TABLE states (
	id VARCHAR(80) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE usage (
	person_id VARCHAR(120) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	model VARCHAR(120) NOT NULL, 
	input_tokens INTEGER NOT NULL, 
	output_tokens INTEGER NOT NULL, 
	PRIMARY KEY (person_id, day, model)
);
INSERT INTO "usage" VALUES('discord:1','2026-11-23','small',100,10);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);
CREATE INDEX ix_events_person_id ON events (person_id);
CREATE INDEX ix_sessions_server ON sessions (server);
COMMIT;
