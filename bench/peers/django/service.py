"""The same answer as `GET /requests` of a customer, as one writes it with Django REST framework."""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["JWT_SECRET"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PGDATABASE"],
            "USER": os.environ["PGUSER"],
            "PASSWORD": os.environ["PGPASSWORD"],
            "HOST": os.environ["PGHOST"],
            "PORT": "5432",
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    SIMPLE_JWT={
        "ALGORITHM": "HS256",
        "SIGNING_KEY": os.environ["JWT_SECRET"],
        "USER_ID_CLAIM": "sub",
        "TOKEN_TYPE_CLAIM": "typ",
        "JTI_CLAIM": None,
        "AUDIENCE": "assay-api",
        "ISSUER": "assay",
    },
)
django.setup()

from django.contrib.postgres.fields import ArrayField  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.db.models.functions import Now  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, pagination, serializers  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.exceptions import AuthenticationFailed  # noqa: E402


class User(models.Model):
    id = models.UUIDField(primary_key=True)
    is_active = models.BooleanField()
    is_authenticated = True

    class Meta:
        app_label, db_table, managed = "service", "users", False


class Session(models.Model):
    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    revoked_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "service", "sessions", False


class Request(models.Model):
    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(User, models.CASCADE)
    title = models.TextField()
    description = models.TextField()
    classes = ArrayField(models.TextField())
    status = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "service", "requests", False


class Authentication(JWTAuthentication):
    """User and session as they are now, in one statement: what our own check asks."""

    def get_user(self, validated_token):
        alive = Session.objects.filter(
            id=validated_token["sid"], user=models.OuterRef("pk"), revoked_at=None, expires_at__gt=Now()
        )
        user = User.objects.filter(models.Exists(alive), id=validated_token["sub"], is_active=True).first()
        if user is None:
            raise AuthenticationFailed("The session has ended")
        return user


class RequestSerializer(serializers.ModelSerializer):
    owner_id = serializers.UUIDField()

    class Meta:
        model = Request
        fields = ["id", "title", "description", "classes", "status", "owner_id", "created_at"]


class Page(pagination.LimitOffsetPagination):
    default_limit = 20


class Requests(generics.ListAPIView):
    authentication_classes = [Authentication]
    serializer_class = RequestSerializer
    pagination_class = Page

    def get_queryset(self):
        return Request.objects.filter(owner=self.request.user).order_by("-id")


urlpatterns = [path("requests", Requests.as_view())]
application = get_wsgi_application()
