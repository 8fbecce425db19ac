"""Users by what their providers call them, and the tables of the session store."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = (migrations.swappable_dependency(settings.AUTH_USER_MODEL),)

    operations = (
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("key", models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
                ("issuer", models.TextField()),
                ("subject", models.TextField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="oidc_identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name_plural": "identities"},
        ),
        migrations.CreateModel(
            name="SessionEntry",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("version", models.CharField(max_length=32)),
                ("expires_at", models.BigIntegerField(db_index=True)),
                ("labels", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="SessionLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=100)),
                ("key", models.CharField(max_length=100)),
                ("expires_at", models.BigIntegerField(db_index=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("label", "key"), name="relyingparty_label")],
            },
        ),
        migrations.CreateModel(
            name="SessionLock",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("owner", models.CharField(max_length=100)),
                ("expires_at", models.FloatField(db_index=True)),
            ],
        ),
    )
